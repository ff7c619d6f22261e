import { Buffer } from 'node:buffer';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AirkitError, messageOf } from '../errors.ts';
import { oneLine } from '../printable.ts';
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
 * Its stdin is a file: the command lines of AWS and Google Cloud read theirs by the name /dev/stdin, which has no other end
 * when it is the socket that Node makes.
 *
 * @returns its stdout, at most 16 KiB
 * @throws AirkitError DISK_FAILED; KEY_INVALID with what it said, but never with the command itself: that may hold a PIN
 */
export async function runSigner(
  { command, environment, directory }: SignerCommand,
  input: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Buffer> {
  signal?.throwIfAborted();
  const stdin = await openInput(input);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types of spawn know no file descriptors
  const child = spawn('sh', ['-c', command], {
    env: { ...environment },
    cwd: directory,
    stdio: [stdin.fd, 'pipe', 'pipe'],
  }) as Child;
  const timeout = AbortSignal.timeout(LONGEST_RUN);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const said = collectText(child.stderr);
  try {
    const { output, failure } = await outcomeOf(child, stop);
    signal?.throwIfAborted();
    if (failure === undefined) return output;
    const words = said().replaceAll(command, '…');
    throw keyInvalid(
      `the command that signs ${failure}${words === '' ? '' : `: ${words}`}`,
      'Run it by hand: it reads a SHA-256 (32 bytes) from stdin and writes a signature.',
    );
  } finally {
    child.kill();
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
    await stdin.close();
  }
}

/** A file that holds the input and has no name any more. */
async function openInput(input: Uint8Array): Promise<FileHandle> {
  const parent = tmpdir();
  try {
    const folder = await mkdtemp(join(parent, 'airkit-sign-'));
    try {
      const path = join(folder, 'input');
      await writeFile(path, input);
      return await open(path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    const what = `${parent}: cannot hold what the command is to sign: ${messageOf(error)}`;
    throw new AirkitError('DISK_FAILED', what, { context: { path: parent }, cause: error });
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

interface Outcome {
  readonly output: Buffer;
  /** Why the output does not count. */
  readonly failure?: string | undefined;
}

async function outcomeOf(child: Child, stop: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (failure?: string): void => resolve({ output: Buffer.concat(chunks), failure });
    const endLate = (): void => end(`did not end within ${LONGEST_RUN / 1000} seconds`);
    stop.addEventListener('abort', endLate, { once: true });
    if (stop.aborted) endLate(); // of what was aborted before it began, no event comes
    child.once('error', (error) => end(`cannot be started: ${error.message}`));
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_OUTPUT) end('writes more than any signature has');
    });
    child.once('close', (code) => {
      if (code === 0) end();
      else end(code === null ? 'was stopped by a signal' : `ended with status ${code}`);
    });
  });
}

/** The end of what a stream said, in one line. */
function collectText(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-MAX_STDERR);
  });
  return () => oneLine(text.trim());
}
