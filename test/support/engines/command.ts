/** Runs the stock tools and reports what came out of them. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** One invocation of a tool. `env` is laid over the process's own; `undefined` removes a variable. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a finished tool left: its streams as UTF-8 text and its exit code (−1 when a signal ended it). */
export interface Outcome {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Variables that would lead a client to the system's own engines. */
const leadingElsewhere: Record<string, undefined> = {
  DOCKER_HOST: undefined,
  DOCKER_CONTEXT: undefined,
  DOCKER_CONFIG: undefined,
  DOCKER_TLS_VERIFY: undefined,
  CONTAINER_HOST: undefined,
  CONTAINERD_ADDRESS: undefined,
  CONTAINERD_NAMESPACE: undefined,
  REGISTRY_AUTH_FILE: undefined,
};

/** Runs a tool without stdin. Never throws on a failing exit code; see {@link succeed}. */
export async function run(command: Command): Promise<Outcome> {
  return outcomeOf(command, start(command, ['ignore', 'pipe', 'pipe']));
}

/** Runs `from | to` and reports how `to` ended; throws when `from` fails. */
export async function pipe(from: Command, to: Command): Promise<Outcome> {
  const reader = start(to, ['pipe', 'pipe', 'pipe']);
  const writer = start(from, ['ignore', 'pipe', 'pipe']);
  if (writer.stdout === null || reader.stdin === null) throw new Error('no pipe between the tools');
  const written = Promise.all([exitCode(writer), streamText(writer.stderr)]);
  const received = outcomeOf(to, reader);
  const flow = pipeline(writer.stdout, reader.stdin).catch(() => undefined); // `to` may close early: its exit code tells
  const [[code, stderr], outcome] = await Promise.all([written, received, flow]);
  await succeed(Promise.resolve({ command: lineOf(from), stdout: '', stderr, code }));
  return outcome;
}

/** The trimmed stdout of a run that must end with 0; otherwise throws with the command and its stderr. */
export async function succeed(running: Promise<Outcome>): Promise<string> {
  const { command, stdout, stderr, code } = await running;
  if (code !== 0) throw new Error(`${command}\nexit code ${code}\n${stderr}${stdout}`);
  return stdout.trim();
}

/** The environment a tool of the harness runs in. */
export function environmentOf(command: Command): NodeJS.ProcessEnv {
  return { ...process.env, ...leadingElsewhere, ...command.env };
}

function start(command: Command, stdio: StdioOptions): ChildProcess {
  return spawn(command.file, command.args, { stdio, env: environmentOf(command) });
}

async function outcomeOf(command: Command, child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr, code] = await Promise.all([
    streamText(child.stdout),
    streamText(child.stderr),
    exitCode(child),
  ]);
  return { command: lineOf(command), stdout, stderr, code };
}

function streamText(stream: Readable | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
}

function lineOf(command: Command): string {
  return [command.file, ...command.args].join(' ');
}
