import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { AirkitError, messageOf } from '../errors.ts';
import { oneLine } from '../printable.ts';

export interface ToolRun {
  /** Looked for on PATH; no shell reads the arguments. */
  readonly name: string;
  readonly args: readonly string[];
  /** The tool's own, whole. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute; the tool's working directory. */
  readonly directory: string;
  /** Default 5 minutes, in milliseconds. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT = 5 * 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
/** More of what a tool complains of is not shown, in characters. */
const MAX_COMPLAINT = 4096;

/**
 * What a tool prints; undefined when it is not installed.
 *
 * @throws AirkitError SOURCE_FAILED with what the tool says on stderr when it fails, is too slow or prints too much; the
 * signal's reason
 */
export async function runTool(run: ToolRun): Promise<string | undefined> {
  const { timeout = DEFAULT_TIMEOUT, signal } = run;
  signal?.throwIfAborted();
  const slow = AbortSignal.timeout(timeout);
  const stop = signal === undefined ? slow : AbortSignal.any([signal, slow]);
  try {
    return await outputOf(run, stop);
  } catch (error) {
    signal?.throwIfAborted();
    if (slow.aborted) throw failed(run, `was stopped after ${timeout / 1000} s`, error);
    if (error instanceof AirkitError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw failed(run, messageOf(error), error);
  }
}

async function outputOf(run: ToolRun, signal: AbortSignal): Promise<string> {
  const { name, args, environment, directory } = run;
  const child = spawn(name, args, {
    env: { ...environment },
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve(code ?? killedBy));
  });
  const said = keepEnd(child.stderr);
  const tooMuch = (): void => void child.kill('SIGKILL');
  try {
    const [status, output] = await Promise.all([ended, readAll(child.stdout, tooMuch)]);
    if (output === undefined) throw failed(run, `printed more than ${MAX_OUTPUT} bytes`);
    if (status !== 0) throw failed(run, said() === '' ? `ended with status ${status}` : said());
    return output;
  } finally {
    // What the tool itself has started may hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

async function readAll(stream: Readable, tooMuch: () => void): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= MAX_OUTPUT) chunks.push(chunk);
    else tooMuch();
  }
  return size > MAX_OUTPUT ? undefined : Buffer.concat(chunks).toString('utf8');
}

/** The last of what a tool says, in one line. */
function keepEnd(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-MAX_COMPLAINT);
  });
  return () => oneLine(text.trim());
}

function failed({ name, args }: ToolRun, why: string, cause?: unknown): AirkitError {
  return new AirkitError('SOURCE_FAILED', `${name} ${args[0] ?? ''}: ${why}`, {
    hint: 'Run it by hand to see more.',
    context: { path: args.at(-1) ?? '' },
    cause,
  });
}
