/** An sshd on a loopback port, behind which a docker client reaches one engine. */
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { run, succeed } from './command.ts';
import type { Outcome } from './command.ts';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';
import { freePort, isListening } from './registry.ts';

export interface SshOptions extends EngineOptions {
  /** The DOCKER_HOST of those who log in: `ssh … docker system dial-stdio` reaches it. */
  readonly dockerHost: string;
}

export interface SshServer {
  /** `user@127.0.0.1:PORT`, as ssh:// addresses take it. */
  readonly address: string;
  /** Put this folder first in PATH: its `ssh` knows the key and the host key, nothing of the user's. */
  readonly path: string;
  /** Runs a command over there. */
  ssh(...command: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts an sshd of its own, with new keys. */
export async function startSsh(options: SshOptions): Promise<SshServer> {
  const folder = await openFolder('ssh', options);
  const port = await freePort();
  await makeKeys(folder.path);
  const path = await makeClient(folder.path);
  await mkdir('/run/sshd', { recursive: true }); // sshd's empty folder for privilege separation, fixed when compiled
  const daemon = await startDaemon({
    name: 'sshd',
    folder: folder.path,
    command: { file: '/usr/sbin/sshd', args: serverFlags(folder.path, port, options.dockerHost) },
    ready: () => isListening(port),
  });
  const user = `${userInfo().username}@127.0.0.1`;
  const ssh = (...command: string[]): Promise<Outcome> =>
    run({ file: join(path, 'ssh'), args: ['-p', String(port), user, ...command] });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { address: `${user}:${port}`, path, ssh, stop };
}

async function makeKeys(folder: string): Promise<void> {
  for (const name of ['host', 'user']) {
    const args = ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)];
    await succeed(run({ file: 'ssh-keygen', args }));
  }
  await copyFile(join(folder, 'user.pub'), join(folder, 'auth'));
}

/** A script named `ssh`, because ssh reads no configuration by environment. */
async function makeClient(folder: string): Promise<string> {
  const client = join(folder, 'bin', 'ssh');
  const flags = optionFlags({
    IdentityFile: join(folder, 'user'),
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: join(folder, 'known'),
    StrictHostKeyChecking: 'no',
    BatchMode: 'yes',
    LogLevel: 'ERROR',
  });
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(client, `#!/bin/sh\nexec /usr/bin/ssh -F /dev/null ${flags.join(' ')} "$@"\n`);
  await chmod(client, 0o755);
  return join(folder, 'bin');
}

function serverFlags(folder: string, port: number, dockerHost: string): string[] {
  const flags = optionFlags({
    ListenAddress: '127.0.0.1',
    AuthorizedKeysFile: join(folder, 'auth'),
    PidFile: 'none',
    SetEnv: `DOCKER_HOST=${dockerHost}`,
    StrictModes: 'no',
    UsePAM: 'no',
  });
  return ['-D', '-e', '-f', '/dev/null', '-p', String(port), '-h', join(folder, 'host'), ...flags];
}

function optionFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
