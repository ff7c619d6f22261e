/** Debian's dockerd: the classic store (overlay2). */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Command, Outcome } from './command.ts';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';

/** A running Docker engine and its own client. */
export interface DockerEngine {
  /** `unix://…/docker.sock`, as DOCKER_HOST takes it. */
  readonly host: string;
  readonly folder: string;
  /** The client's invocation, for pipes. */
  command(...args: string[]): Command;
  docker(...args: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

export interface DockerOptions extends EngineOptions {
  /** Its daemon.json. Default: nothing is set. */
  readonly config?: object | undefined;
}

/** Starts a dockerd of its own, beside any other. */
export async function startDocker(options: DockerOptions = {}): Promise<DockerEngine> {
  const folder = await openFolder('docker', options);
  const client = await dockerClient(folder.path, (args) => ({ file: 'docker', args }));
  await writeFile(join(folder.path, 'daemon.json'), JSON.stringify(options.config ?? {}));
  const daemon = await startDaemon({
    name: 'dockerd',
    folder: folder.path,
    command: { file: 'dockerd', args: dockerdArguments(folder.path) },
    ready: client.answers,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { ...client.engine, stop };
}

/**
 * Ends a dockerd as a power cut does; `stop` still has to be called. Its containerd dies with it, but may stay a zombie
 * for a while, which the next dockerd in that folder would take for alive.
 */
export async function crashDocker({ folder }: DockerEngine): Promise<void> {
  process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  await rm(join(folder, 'exec', 'containerd', 'containerd.pid'), { force: true });
}

/** The daemon's flags with everything in one folder and no network set up. */
export function dockerdArguments(folder: string): string[] {
  return [
    `--config-file=${folder}/daemon.json`,
    `--host=unix://${folder}/docker.sock`,
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/exec`,
    `--pidfile=${folder}/pid`,
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
  ];
}

interface DockerClient {
  readonly engine: Omit<DockerEngine, 'stop'>;
  readonly answers: () => Promise<boolean>;
}

/** A client of the socket in the folder, with a configuration of its own: no credentials, no context. */
export async function dockerClient(
  folder: string,
  binary: (args: readonly string[]) => Command,
): Promise<DockerClient> {
  const host = `unix://${folder}/docker.sock`;
  const configuration = join(folder, 'client');
  await mkdir(configuration, { recursive: true });
  const env = { DOCKER_CONFIG: configuration };
  const command = (...args: string[]): Command => ({ ...binary(['--host', host, ...args]), env });
  const docker = (...args: string[]): Promise<Outcome> => run(command(...args));
  const answers = async (): Promise<boolean> => (await docker('info')).code === 0;
  return { engine: { host, folder, command, docker }, answers };
}
