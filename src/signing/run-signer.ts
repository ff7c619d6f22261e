import { Buffer } from 'node:buffer';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../errors.ts';
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
  const failure = (why: string): Error => {
    const words = said().replaceAll(command, '…');
    return keyInvalid(
      `the command that signs ${why}${words === '' ? '' : `: ${words}`}`,
      'Run it by hand: it reads a SHA-256 (32 bytes) from stdin and writes a signature.',
    );
  };
  try {
    const { code, output } = await finish(child, input, stop);
    if (code === 0) return output;
    throw failure(code === null ? 'was stopped by a signal' : `ended with status ${code}`);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw failure(`did not end within ${LONGEST_RUN / 1000} seconds`);
    if (error instanceof RangeError) throw failure(messageOf(error));
    throw error;
  } finally {
    child.kill();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

async function finish(
  child: Child,
  input: Uint8Array,
  stop: AbortSignal,
): Promise<{ code: number | null; output: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stop.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    child.once('error', (error) => reject(new RangeError(`cannot be started: ${error.message}`)));
    child.stdin.on('error', () => undefined); // A command may end without reading; its status tells.
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_OUTPUT) reject(new RangeError('writes more than any signature has'));
    });
    child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks) }));
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
