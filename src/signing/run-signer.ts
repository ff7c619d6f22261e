import { Buffer } from 'node:buffer';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { keyInvalid } from './key-error.ts';

/** A command line of the shell, and where it runs. */
export interface SignerCommand {
  readonly command: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly directory: string;
}

/** People type a PIN or touch a token meanwhile, in milliseconds. */
const LONGEST_RUN = 120_000;
const MAX_OUTPUT = 16 * 1024;
/** More of what the command says is not kept, in characters. */
const MAX_STDERR = 1024;

/**
 * Runs the command by `sh -c` with the input on its stdin; a person wrote it, for a shell. It is stopped after two minutes.
 *
 * @returns its stdout, at most 16 KiB
 * @throws AirkitError KEY_INVALID with what it said, but never with the command itself: that may hold a PIN
 */
export async function runSigner(
  { command, environment, directory }: SignerCommand,
  input: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Buffer> {
  signal?.throwIfAborted();
  const child = spawn('sh', ['-c', command], {
    env: { ...environment },
    cwd: directory,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const timeout = AbortSignal.timeout(LONGEST_RUN);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const said = collectText(child.stderr);
  try {
    const { output, failure } = await outcomeOf(child, input, stop);
    signal?.throwIfAborted();
    if (failure === undefined) return output;
    const words = said().replaceAll(command, '…');
    throw keyInvalid(
      `the command that signs ${failure}${words === '' ? '' : `: ${words}`}`,
      'Run it by hand: it reads a SHA-256 (32 bytes) from stdin and writes a signature.',
    );
  } finally {
    child.kill();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface Outcome {
  readonly output: Buffer;
  /** Why the output does not count. */
  readonly failure?: string | undefined;
}

async function outcomeOf(child: Child, input: Uint8Array, stop: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (failure?: string): void => resolve({ output: Buffer.concat(chunks), failure });
    stop.addEventListener('abort', () => end(`did not end within ${LONGEST_RUN / 1000} seconds`), {
      once: true,
    });
    child.once('error', (error) => end(`cannot be started: ${error.message}`));
    child.stdin.on('error', () => undefined); // A command may end without reading; its status tells.
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_OUTPUT) end('writes more than any signature has');
    });
    child.once('close', (code) => {
      if (code === 0) end();
      else end(code === null ? 'was stopped by a signal' : `ended with status ${code}`);
    });
    child.stdin.end(input);
  });
}

/** The end of what a stream said, in one line, without what would move a terminal's cursor. */
function collectText(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-MAX_STDERR);
  });
  return () => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}
