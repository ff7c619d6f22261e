/* oxlint-disable unicorn/require-post-message-target-origin -- threads are no windows */
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CHUNK_BYTES } from './file-bytes.ts';

/** Sums bytes on a thread of its own, while its owner does other things with the same bytes. */
export interface HashThread extends AsyncDisposable {
  /**
   * Memory for the next `size` bytes, at most {@link CHUNK_BYTES}. Resolves once the thread is done with what was there
   * before. Not to be called again before it has.
   */
  readonly allocate: (size: number) => Promise<Uint8Array>;
  /**
   * Adds bytes, which lie in memory from {@link allocate}, to sums: piece after piece, each piece of memory once. Returns
   * at once; the bytes must stay as they are.
   */
  readonly update: (bytes: Uint8Array, pieces: readonly HashPiece[]) => void;
  /** The sha256 of what was added to each sum so far, as 64 hex digits. */
  readonly digests: () => Promise<readonly string[]>;
}

export interface HashPiece {
  /** Number of the sum, from 0. */
  readonly sum: number;
  /** Bytes. */
  readonly length: number;
}

/** Pieces of memory: one is read into, one is in its owner's hands, and the thread may be two behind. */
const SLOTS = 4;

/**
 * What the thread runs: text, since a program that is a single file has no module to name. It takes pieces and where they
 * are, or the question for the digests; it gives the place that is free again, or the digests.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const memory = new Uint8Array(workerData.memory);
const hashes = Array.from({ length: workerData.sums }, () => createHash('sha256'));
parentPort.on('message', (asked) => {
  if (asked === 'digests') {
    parentPort.postMessage(hashes.map((hash) => hash.copy().digest('hex')));
    return;
  }
  let at = asked.offset;
  for (const { sum, length } of asked.pieces) {
    hashes[sum].update(memory.subarray(at, at + length));
    at += length;
  }
  parentPort.postMessage(asked.offset);
});
`;

/** The place that is free again, in bytes, or the digests. */
type Answer = number | readonly string[];

/** Starts a thread. @param sums how many it computes */
export function openHashThread(sums: number): HashThread {
  const memory = new SharedArrayBuffer(SLOTS * CHUNK_BYTES);
  const worker = new Worker(PROGRAM, { eval: true, workerData: { memory, sums } });
  // Queues what comes, and throws what the thread dies of.
  const answers: AsyncIterator<Answer[]> = on(worker, 'message');
  const free = Array.from({ length: SLOTS }, (_, slot) => slot * CHUNK_BYTES);
  const nextAnswer = async (): Promise<Answer> => {
    const { value } = await answers.next();
    return value[0];
  };
  return {
    allocate: async (size) => {
      for (;;) {
        const offset = free.shift() ?? (await nextAnswer());
        if (typeof offset === 'number') return new Uint8Array(memory, offset, size);
      }
    },
    update: ({ byteOffset: offset }, pieces) => worker.postMessage({ offset, pieces }),
    digests: async () => {
      worker.postMessage('digests');
      for (;;) {
        const answer = await nextAnswer();
        if (typeof answer !== 'number') return answer;
        free.push(answer);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}
