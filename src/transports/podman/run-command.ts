import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { collectBytes } from '../../content/read-document.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import {
  MAX_ANSWER_BYTES,
  podmanFailure,
  type PodmanEnvironment,
  type PodmanPlace,
} from './podman.ts';
import { watchArchive } from './watch-archive.ts';

/** The command of a person's own podman. */
export interface PodmanCommand extends PodmanPlace {
  readonly environment: PodmanEnvironment;
}

export interface CommandRun {
  readonly args: readonly string[];
  /** For messages: what it is to do, after "cannot". */
  readonly what: string;
  readonly stdin?: Readable | undefined;
  /** True for failures that are an answer, by what the command wrote to stderr. */
  readonly isAnswer?: ((stderr: string) => boolean) | undefined;
}

/** How podman begins its last words. */
const ERROR = 'Error: ';
/** Of stderr the end is kept, in characters. */
const KEPT_STDERR = 16 * 1024;
/** After SIGTERM podman removes its temporary files; longer than this, in milliseconds, nobody waits. */
const LONGEST_FAREWELL = 10_000;

/**
 * Runs podman and reads its stdout, at most 64 MiB. An abort ends it, and its end is waited for.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED with podman's words; the error of a stdin that breaks off
 */
export async function runPodman(
  command: PodmanCommand,
  run: CommandRun,
  options: OperationOptions = {},
): Promise<Buffer> {
  const running = start(command, run, options);
  const { stdin } = run;
  const read = async (): Promise<Buffer> => {
    const output = collectBytes(running.stdout, MAX_ANSWER_BYTES).catch((error: unknown) =>
      podmanFailure(command, run.what, error),
    );
    const fed = stdin === undefined ? undefined : feed(stdin, running.stdin);
    await Promise.all([running.ended(), fed]); // Why it ended explains an output that broke off.
    const bytes = await output;
    if (bytes instanceof Error) throw bytes;
    return bytes;
  };
  try {
    return stdin === undefined ? await read() : await watchArchive(stdin, read);
  } finally {
    await running.stop();
  }
}

/** A command that stops reading tells why itself, and so does an archive that breaks off. */
async function feed(archive: Readable, stdin: NodeJS.WritableStream): Promise<void> {
  await pipeline(archive, stdin).catch(() => undefined);
}

/** Runs podman and streams its stdout. Leaving the stream early ends the command. */
export async function* streamPodman(
  command: PodmanCommand,
  run: CommandRun,
  options: OperationOptions = {},
): ByteStream & AsyncGenerator<Uint8Array, void> {
  const running = start(command, run, options);
  try {
    for await (const chunk of running.stdout) yield chunk;
    await running.ended();
  } finally {
    await running.stop();
  }
}

interface RunningCommand {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stdin: NodeJS.WritableStream;
  /** Resolves when it ended well. */
  ended(): Promise<void>;
  /** Ends it where it still runs, and waits for that. */
  stop(): Promise<void>;
}

function start(
  command: PodmanCommand,
  { args, what, stdin, isAnswer = () => false }: CommandRun,
  { signal }: OperationOptions,
): RunningCommand {
  signal?.throwIfAborted();
  const child = spawn('podman', args, { env: { ...command.environment }, stdio: 'pipe' });
  const { done, stop } = watchEnd(child, signal);
  const stderr = keepEnd(child);
  child.stdin.on('error', () => undefined); // its exit code tells
  if (stdin === undefined) child.stdin.end();
  const ended = async (): Promise<void> => {
    const end = await done;
    signal?.throwIfAborted();
    if (end.code === 0 || (end.error === undefined && isAnswer(stderr()))) return;
    const reason = end.error ?? new Error(wordsOf(stderr()) ?? howItEnded(end));
    throw podmanFailure(command, what, reason);
  };
  return { stdout: child.stdout, stdin: child.stdin, ended, stop };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it did not even start. */
  readonly error?: Error | undefined;
}

function watchEnd(
  child: ChildProcess,
  signal: AbortSignal | undefined,
): { done: Promise<End>; stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  const terminate = (): void => {
    child.kill('SIGTERM');
    timer ??= setTimeout(() => child.kill('SIGKILL'), LONGEST_FAREWELL);
  };
  signal?.addEventListener('abort', terminate, { once: true });
  const done = new Promise<End>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, killer) => resolve({ code, signal: killer }));
  });
  const stop = async (): Promise<void> => {
    const hasStarted = child.pid !== undefined;
    if (hasStarted && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      terminate();
      await exit;
    }
    clearTimeout(timer);
    signal?.removeEventListener('abort', terminate);
  };
  return { done, stop };
}

function keepEnd(child: ChildProcess): () => string {
  let kept = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = `${kept}${text}`.slice(-KEPT_STDERR);
  });
  return () => kept;
}

/** Podman logs much besides; its error is the last thing it says. */
function wordsOf(stderr: string): string | undefined {
  const at = stderr.lastIndexOf(ERROR);
  const words = at < 0 ? stderr.trim().split('\n').at(-1) : stderr.slice(at + ERROR.length).trim();
  return words === '' ? undefined : words;
}

function howItEnded({ code, signal }: End): string {
  return signal === null ? `it ended with exit code ${code}` : `${signal} ended it`;
}
