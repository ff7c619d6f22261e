import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';

/** Yields `bytes` in chunks of the given sizes, over and over; 0 yields an empty chunk. */
export async function* inChunks(
  bytes: Uint8Array,
  sizes: readonly number[] = [65_536],
): AsyncGenerator<Uint8Array, void> {
  let offset = 0;
  for (let turn = 0; offset < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Text-like stretches and noise by turns, from a fixed seed (xorshift32). */
export function makeSample(size: number, seed = 1): Buffer {
  const sample = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const isNoise = (index >> 14) % 3 === 0;
    sample[index] = isNoise ? state & 0xff : 97 + ((state >>> 8) & (index >> 12) & 7);
  }
  return sample;
}

/** Runs a tool over bytes; a failure of the tool throws. */
export function pipeThrough(command: string, args: readonly string[], input: Uint8Array): Buffer {
  return execFileSync(command, args, {
    input,
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function hasTool(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore', input: '' }).error === undefined;
}

/** A source that tells how many chunks were asked of it and whether it was closed. */
export function watchedSource(
  chunk: Uint8Array,
  count: number,
): { bytes: AsyncIterable<Uint8Array>; seen: { chunks: number; isClosed: boolean } } {
  const seen = { chunks: 0, isClosed: false };
  async function* generate(): AsyncGenerator<Uint8Array, void> {
    try {
      for (; seen.chunks < count; seen.chunks += 1) yield chunk;
    } finally {
      seen.isClosed = true;
    }
  }
  return { bytes: generate(), seen };
}

/** Yields the chunks, then never answers again. */
export async function* stalling(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
  await new Promise(() => undefined);
}
