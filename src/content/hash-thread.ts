/* oxlint-disable unicorn/require-post-message-target-origin -- threads are no windows */
import { on } from 'node:events';
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { cutOff, diskCall } from './file-bytes.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** Sums files on a thread of its own, while its owner does other things with the same bytes, which are read once. */
export interface HashThread extends AsyncDisposable {
  /**
   * Streams a range of a file, which is added to a sum. A chunk is good until the next one is asked for. One range at a
   * time; the thread ends with one that is not read to its end.
   *
   * @throws AirkitError DISK_FAILED when the file cannot be read or ends before the range does
   */
  readonly read: (range: SummedRange, options?: OperationOptions) => ByteStream;
  /** The sha256 of what was added to each sum so far, as 64 hex digits. */
  readonly digests: () => Promise<readonly string[]>;
}

export interface SummedRange {
  /** Must stay open until the range was read. */
  readonly file: FileHandle;
  /** As messages name the file. */
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Number of the sum, from 0. */
  readonly sum: number;
}

/** Bytes that are read at once, and then summed: few enough to be in the processor's cache still. */
const CHUNK_BYTES = 256 * 1024;
/** Chunks of memory: as far as one thread may be ahead of the other. */
const SLOTS = 16;
/** Chunks after which the owner's timers and signals have their turn. */
const CHUNKS_PER_TURN = 4;

// Both threads do the same: whoever has no chunk to work on reads the next one for both. So neither waits for the other as
// long as there is memory, and none is woken for each chunk. What they share are numbers of chunks, which never start anew:
/** Grows with each change of the others: who waits, waits for it. */
const CHANGES = 0;
/** The chunk that nobody reads yet. */
const NEXT = 1;
/** The chunk that the owner, and that the thread works on. */
const OWNER = 2;
const THREAD = 3;
/** For each piece of memory the number of the chunk in it, plus one; negative when the thread could not read it. */
const HELD = 4;

/**
 * What the thread runs: text, since a program that is a single file has no module to name. It takes ranges, or the question
 * for the digests, which it gives. What it cannot read it leaves to its owner, who knows how to say so.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { memory, state, sums, chunkBytes, slots } = workerData;
const hashes = Array.from({ length: sums }, () => createHash('sha256'));
function tell(place, value) {
  Atomics.store(state, place, value);
  Atomics.add(state, ${CHANGES}, 1);
  Atomics.notify(state, ${CHANGES});
}
function claim(end) {
  const number = Atomics.load(state, ${NEXT});
  const oldest = Math.min(Atomics.load(state, ${OWNER}), Atomics.load(state, ${THREAD}));
  if (number >= end || number - oldest >= slots) return undefined;
  return Atomics.compareExchange(state, ${NEXT}, number, number + 1) === number ? number : claim(end);
}
function fill(fd, chunk, position) {
  try {
    for (let done = 0; done < chunk.length;) {
      const size = readSync(fd, chunk, done, chunk.length - done, position + done);
      if (size === 0) return false;
      done += size;
    }
    return true;
  } catch {
    return false;
  }
}
function sum({ fd, offset, length, sum, first, end }) {
  const chunkOf = (number) => {
    const size = Math.min(chunkBytes, length - (number - first) * chunkBytes);
    return new Uint8Array(memory, (number % slots) * chunkBytes, size);
  };
  for (let mine = first; mine < end;) {
    const changes = Atomics.load(state, ${CHANGES});
    if (Atomics.load(state, ${HELD} + (mine % slots)) === mine + 1) {
      hashes[sum].update(chunkOf(mine));
      mine += 1;
      tell(${THREAD}, mine);
      continue;
    }
    const next = claim(end);
    if (next === undefined) {
      Atomics.wait(state, ${CHANGES}, changes);
      continue;
    }
    const isRead = fill(fd, chunkOf(next), offset + (next - first) * chunkBytes);
    tell(${HELD} + (next % slots), isRead ? next + 1 : -next - 1);
  }
}
parentPort.on('message', (asked) => {
  if (asked === 'digests') parentPort.postMessage(hashes.map((hash) => hash.copy().digest('hex')));
  else sum(asked);
});
`;

/** What both threads see, and what the thread died of. */
interface Shared {
  readonly memory: SharedArrayBuffer;
  readonly state: Int32Array<SharedArrayBuffer>;
  failure?: Error;
}

/** The chunks of a range by number: from `first` on, before `end`. */
interface Numbered extends SummedRange {
  readonly first: number;
  readonly end: number;
}

/** Starts a thread. @param sums how many it computes */
export function openHashThread(sums: number): HashThread {
  const memory = new SharedArrayBuffer(SLOTS * CHUNK_BYTES);
  const size = (HELD + SLOTS) * Int32Array.BYTES_PER_ELEMENT;
  const state = new Int32Array(new SharedArrayBuffer(size));
  const workerData = { memory, state, sums, chunkBytes: CHUNK_BYTES, slots: SLOTS };
  const worker = new Worker(PROGRAM, { eval: true, workerData });
  const shared: Shared = { memory, state };
  const answers: AsyncIterator<(readonly string[])[]> = on(worker, 'message');
  worker.once('error', (error) => {
    shared.failure = error instanceof Error ? error : new Error(String(error));
    announce(state);
  });
  return {
    read: async function* (range, options = {}) {
      const first = Atomics.load(state, OWNER);
      const end = first + Math.ceil(range.length / CHUNK_BYTES);
      const { file, offset, length, sum } = range;
      worker.postMessage({ fd: file.fd, offset, length, sum, first, end });
      let isWhole = false;
      try {
        yield* takeChunks(shared, { ...range, first, end }, options);
        isWhole = true;
      } finally {
        if (!isWhole) await worker.terminate(); // who closes the file must know that nothing reads it
      }
    },
    digests: async () => {
      worker.postMessage('digests');
      return (await answers.next()).value[0];
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

/** The owner's half of the program. */
async function* takeChunks(
  shared: Shared,
  range: Numbered,
  { signal }: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const { state } = shared;
  for (let mine = range.first; mine < range.end;) {
    signal?.throwIfAborted();
    if (shared.failure !== undefined) throw shared.failure;
    const changes = Atomics.load(state, CHANGES);
    const held = Atomics.load(state, HELD + (mine % SLOTS));
    if (held === mine + 1) {
      yield placeOf(shared, range, mine).chunk;
      mine += 1;
      tell(state, OWNER, mine);
      if (mine % CHUNKS_PER_TURN === 0) await setImmediate();
      continue;
    }
    const next = held === -mine - 1 ? mine : claim(state, range.end);
    if (next === undefined) {
      await Atomics.waitAsync(state, CHANGES, changes).value;
      continue;
    }
    await fill(range, placeOf(shared, range, next));
    tell(state, HELD + (next % SLOTS), next + 1);
  }
}

function claim(state: Int32Array, end: number): number | undefined {
  const number = Atomics.load(state, NEXT);
  const oldest = Math.min(Atomics.load(state, OWNER), Atomics.load(state, THREAD));
  if (number >= end || number - oldest >= SLOTS) return undefined;
  const found = Atomics.compareExchange(state, NEXT, number, number + 1);
  return found === number ? number : claim(state, end);
}

/** A chunk, and where it begins in its file. */
interface Place {
  readonly chunk: Uint8Array;
  readonly position: number;
}

function placeOf({ memory }: Shared, { offset, length, first }: Numbered, number: number): Place {
  const before = (number - first) * CHUNK_BYTES;
  const size = Math.min(CHUNK_BYTES, length - before);
  const chunk = new Uint8Array(memory, (number % SLOTS) * CHUNK_BYTES, size);
  return { chunk, position: offset + before };
}

/** In place: to wake another thread takes longer. @throws AirkitError DISK_FAILED */
async function fill(
  { file, path, offset, length }: SummedRange,
  { chunk, position }: Place,
): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const size = await diskCall(path, 'read', async () =>
      readSync(file.fd, chunk, done, chunk.byteLength - done, position + done),
    );
    if (size === 0) throw cutOff(path, [position + done, offset + length]);
    done += size;
  }
}

function tell(state: Int32Array, place: number, value: number): void {
  Atomics.store(state, place, value);
  announce(state);
}

function announce(state: Int32Array): void {
  Atomics.add(state, CHANGES, 1);
  Atomics.notify(state, CHANGES);
}
