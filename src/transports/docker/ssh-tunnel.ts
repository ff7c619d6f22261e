import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { oneLine } from '../../printable.ts';
import type { SshDestination } from './ssh-destination.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Connections to an engine behind `ssh`. */
export interface SshTunnel extends AsyncDisposable {
  /** Opens one `docker system dial-stdio` for each connection. */
  readonly agent: Agent;
}

/** sshd refuses more connections that have not logged in yet (MaxStartups, sshd_config(5)). */
const MAX_CONNECTIONS = 4;
/** Seconds for which the shared connection waits for the next request. */
const PERSIST_SECONDS = 60;
/** As docker's own client waits for a host that does not answer. */
const CONNECT_SECONDS = 30;
/** More of what ssh says is not kept, in characters. */
const MAX_STDERR = 4096;

/**
 * Reaches an engine as docker's own client does: the system's `ssh` runs `docker system dial-stdio` there, so its
 * configuration, agents, keys and known hosts apply. Unless that configuration shares connections already
 * (ControlPath), one log-in is shared by all requests.
 */
export async function openSshTunnel(
  destination: SshDestination,
  environment: Environment,
): Promise<SshTunnel> {
  const sharing = await shareConnection(destination, environment);
  const args = [...sharing.options, ...remoteCommand(destination)];
  const agent = new Agent({ keepAlive: false, maxSockets: MAX_CONNECTIONS });
  agent.createConnection = () => dial(args, environment);
  return {
    agent,
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await sharing.end();
    },
  };
}

function remoteCommand(destination: SshDestination): string[] {
  const { socketPath } = destination;
  const host = socketPath === undefined ? [] : ['--host', quoted(`unix://${socketPath}`)];
  const timeout = optionFlags({ ConnectTimeout: `${CONNECT_SECONDS}` });
  return [
    '-T',
    ...timeout,
    ...addressArguments(destination),
    'docker',
    ...host,
    'system',
    'dial-stdio',
  ];
}

function optionFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** The remote shell reads the command. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function addressArguments({ user, host, port }: SshDestination): string[] {
  return [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
  ];
}

interface SharedConnection {
  readonly options: readonly string[];
  end(): Promise<void>;
}

async function shareConnection(
  destination: SshDestination,
  environment: Environment,
): Promise<SharedConnection> {
  const alone: SharedConnection = { options: [], end: async () => undefined };
  const settings = await outputOf(['-G', ...addressArguments(destination)], environment);
  const path = /^controlpath (.*)$/m.exec(settings ?? '')?.[1] ?? 'none';
  if (settings === undefined || path !== 'none') return alone;
  const folder = await mkdtemp(join(tmpdir(), 'airkit-tunnel-')).catch(() => undefined);
  if (folder === undefined) return alone;
  const options = optionFlags({
    ControlMaster: 'auto',
    ControlPath: `${folder}/%C`,
    ControlPersist: `${PERSIST_SECONDS}`,
  });
  const end = async (): Promise<void> => {
    await outputOf([...options, '-O', 'exit', ...addressArguments(destination)], environment);
    await rm(folder, { recursive: true, force: true });
  };
  return { options, end };
}

/** What a short call of ssh prints; undefined when it fails. */
async function outputOf(
  args: readonly string[],
  environment: Environment,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('ssh', args, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code === 0 ? text : undefined));
  });
}

/** One connection. It ends with what ssh has to say when ssh fails. */
function dial(args: readonly string[], environment: Environment): Duplex {
  const child = spawn('ssh', args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout } = child;
  const connection = new Duplex({
    read: () => stdout.resume(),
    write: (chunk, _encoding, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  stdin.on('error', () => undefined); // Why it broke stands in what ssh says.
  stdout.on('data', (chunk: Buffer) => {
    if (!connection.push(chunk)) stdout.pause();
  });
  endWith(connection, child);
  return connection;
}

/** After a failure, what ssh says may come a moment later; a shared connection may keep its stderr open for long. */
const LAST_WORDS_MILLISECONDS = 500;

function endWith(
  connection: Duplex,
  child: ChildProcessByStdio<Writable, Readable, Readable>,
): void {
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MAX_STDERR);
  });
  child.once('error', (cause) => connection.destroy(new Error(`ssh: ${cause.message}`)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdout.once('end', () => {
    void exited.then(async (code) => {
      if (code === 0) return connection.push(null);
      await Promise.race([once(child, 'close'), sleep(LAST_WORDS_MILLISECONDS)]);
      const reason = oneLine(said.trim());
      return connection.destroy(
        new Error(reason === '' ? `ssh: status ${code}` : `ssh: ${reason}`),
      );
    });
  });
}
