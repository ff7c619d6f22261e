/* oxlint-disable unicorn/require-post-message-target-origin -- threads are no windows */
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { cutOff, diskCall } from './file-bytes.ts';

/**
 * Sums files, and the pieces that they consist of, on a thread of its own from one reading. The owner's own thread is free for
 * other work meanwhile.
 */
export interface PieceSums extends AsyncDisposable {
  /**
   * Reads what follows on the last range. The files together hold the pieces, one after another.
   *
   * @throws AirkitError DISK_FAILED when a file cannot be read or ends before the range does; the signal's reason
   */
  read(range: FileRange): Promise<void>;
  /** Sums of what was read. */
  digests(): Promise<PieceDigests>;
}

/** A piece of files that follow one another. */
export interface SummedPiece {
  /** Bytes. */
  readonly length: number;
  /** False for pieces that have one sum together. */
  readonly hasOwnSum: boolean;
}

export interface FileRange {
  readonly file: FileHandle;
  /** As messages name the file. */
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Number of the file, from 0. */
  readonly number: number;
}

/** Sums as 64 hex digits of sha256. */
export interface PieceDigests {
  /** Of all bytes. */
  readonly whole: string;
  /** Of each file. */
  readonly files: readonly string[];
  /** Of each piece that has its own, once it was read to its end. */
  readonly own: readonly string[];
  /** Of all other pieces together. */
  readonly others: string;
}

/** Bytes that are read at once, and then summed: few enough to be in the processor's cache still. */
const CHUNK_BYTES = 256 * 1024;

/** What the thread runs: text, since a program that is a single file has no module to name. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { lengths, owns, files: count, chunkBytes } = workerData;
const chunk = Buffer.allocUnsafeSlow(chunkBytes);
const others = createHash('sha256');
const files = Array.from({ length: count }, () => createHash('sha256'));
const whole = count === 1 ? files[0] : createHash('sha256');
const own = [];
let piece = -1;
let left = 0;
let hash = others;
function nextPiece() {
  do {
    if (owns[piece] === 1) own.push(hash.digest('hex'));
    piece += 1;
    left = lengths[piece] ?? Infinity;
    hash = owns[piece] === 1 ? createHash('sha256') : others;
  } while (left === 0);
}
nextPiece();
function take(bytes) {
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + left);
    hash.update(part);
    at += part.length;
    left -= part.length;
    if (left === 0) nextPiece();
  }
}
function read({ fd, offset, length, number }) {
  for (let done = 0; done < length;) {
    const size = readSync(fd, chunk, 0, Math.min(chunkBytes, length - done), offset + done);
    if (size === 0) return { end: offset + done };
    const bytes = chunk.subarray(0, size);
    files[number].update(bytes);
    if (whole !== files[number]) whole.update(bytes);
    take(bytes);
    done += size;
  }
  return {};
}
const hex = (sum) => sum.copy().digest('hex');
parentPort.on('message', (range) => {
  if (range === 'digests') {
    parentPort.postMessage({ whole: hex(whole), files: files.map(hex), own, others: hex(others) });
    return;
  }
  try {
    parentPort.postMessage(read(range));
  } catch ({ code, message }) {
    parentPort.postMessage({ failure: { code, message } });
  }
});
`;

interface ReadAnswer {
  /** Where the file ends too soon, in bytes. */
  readonly end?: number;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** Starts a thread. @param files how many they are */
export function openPieceSums(
  pieces: readonly SummedPiece[],
  { files, signal }: { readonly files: number; readonly signal: AbortSignal },
): PieceSums {
  const lengths = Float64Array.from(pieces, ({ length }) => length);
  const owns = Uint8Array.from(pieces, ({ hasOwnSum }) => (hasOwnSum ? 1 : 0));
  const workerData = { lengths, owns, files, chunkBytes: CHUNK_BYTES };
  const worker = new Worker(PROGRAM, { eval: true, workerData });
  const ask = async <Answer>(question: unknown): Promise<Answer> => {
    signal.throwIfAborted();
    worker.postMessage(question);
    const answers: Answer[] = await once(worker, 'message', { signal }).catch(async (error) => {
      await worker.terminate(); // who closes the file must know that nothing reads it
      signal.throwIfAborted();
      throw error;
    });
    const [answer] = answers;
    if (answer === undefined) throw new Error('the thread gave no answer');
    return answer;
  };
  return {
    read: async ({ file: { fd }, path, offset, length, number }) => {
      const { end, failure } = await ask<ReadAnswer>({ fd, offset, length, number });
      if (end !== undefined) throw cutOff(path, [end, offset + length]);
      if (failure === undefined) return;
      await diskCall(path, 'read', () => Promise.reject(Object.assign(new Error(), failure)));
    },
    digests: async () => ask<PieceDigests>('digests'),
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}
