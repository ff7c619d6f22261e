import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../src/content/file-bytes.ts';
import { gatherChunks, inTurns, openChunkMemory } from '../../../src/content/gather-chunks.ts';
import { streamOf } from './memory-content.ts';

/** The bytes of each chunk at the time at which it is passed on. */
async function copies(chunks: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const chunk of chunks) found.push(Buffer.from(chunk));
  return found;
}

/** As a source does that reads into the same memory again. */
async function* overwritten(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    const passed = Buffer.from(chunk);
    yield passed;
    passed.fill(0);
  }
}

const sizes = fc.array(fc.nat({ max: 3 * CHUNK_BYTES }), { maxLength: 6 });

describe('gatherChunks', () => {
  it('passes the same bytes on, from memory that is used again before and after', async () => {
    const memory = openChunkMemory();
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const chunks = lengths.map((length, position) => Buffer.alloc(length, position + 1));
        const passed = await copies(gatherChunks(overwritten(chunks), memory));
        expect(Buffer.concat(passed).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('writes a megabyte at a time of what comes in small pieces', async () => {
    const pieces = Array.from({ length: 40 }, (_, position) => Buffer.alloc(65_000, position));
    const passed = await copies(gatherChunks(streamOf(...pieces), openChunkMemory()));
    expect(passed.map(({ byteLength }) => byteLength)).toEqual([
      CHUNK_BYTES,
      CHUNK_BYTES,
      40 * 65_000 - 2 * CHUNK_BYTES,
    ]);
  });

  it('gives its memory back, also when it is left early', async () => {
    const memory = openChunkMemory();
    const taken: Uint8Array[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      for await (const chunk of gatherChunks(streamOf('a', 'b'), memory)) {
        taken.push(chunk);
        break;
      }
    }
    expect(taken[0]?.buffer).toBe(taken[1]?.buffer);
  });
});

describe('memory in turns', () => {
  it('is used again for the next but one', () => {
    const allocate = inTurns();
    const [first, second, third] = [allocate(10), allocate(10), allocate(5)];
    expect(third.buffer).toBe(first.buffer);
    expect(second.buffer).not.toBe(first.buffer);
    expect([first, second, third, allocate(20)].map(({ byteLength }) => byteLength)).toEqual([
      10, 10, 5, 20,
    ]);
  });
});
