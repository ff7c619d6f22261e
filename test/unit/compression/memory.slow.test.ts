import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../src/compression/decompress.ts';
import { openEncoder } from '../../../src/compression/encoder.ts';
import { collect, hasTool, inChunks, pipeThrough, watchedSource } from './byte-sources.ts';

const MIB = 1024 * 1024;
const TOTAL_MIB = 256;

/** Reads a stream to its end; returns its bytes and by how many MiB the process grew at most meanwhile. */
async function drain(bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; growth: number }> {
  const before = process.memoryUsage.rss();
  let size = 0;
  let most = before;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    most = Math.max(most, process.memoryUsage.rss());
  }
  return { size, growth: (most - before) / MIB };
}

describe('many zeros', () => {
  it.each(['zstd', 'gzip'] as const)('%s: there and back in little memory', async (encoding) => {
    const encoder = await openEncoder(encoding);
    const { bytes } = watchedSource(Buffer.alloc(MIB), TOTAL_MIB);
    const encoded = await drain(encoder.encode(bytes, { concurrency: 2 }));
    expect(encoded.growth).toBeLessThan(TOTAL_MIB * 0.7);
    const stored = await collect(encoder.encode(watchedSource(Buffer.alloc(MIB), TOTAL_MIB).bytes));
    const decoded = await drain(decompress(inChunks(stored)));
    expect(decoded.size).toBe(TOTAL_MIB * MIB);
    expect(decoded.growth).toBeLessThan(TOTAL_MIB * 0.7);
  });

  for (const [tool, mib] of [
    ['zstd', 256],
    ['gzip', 256],
    ['bzip2', 96],
    ['xz', 96],
  ] as const) {
    const isThere = hasTool(tool);
    it.skipIf(!isThere)(`from ${tool}${isThere ? '' : ' (which is not installed)'}`, async () => {
      const stored = pipeThrough(tool, ['-c', '-1'], Buffer.alloc(mib * MIB));
      // All of it in one chunk: what comes out must still come bit by bit.
      const decoded = await drain(decompress(inChunks(stored, [stored.byteLength])));
      expect(decoded.size).toBe(mib * MIB);
      expect(decoded.growth).toBeLessThan(mib * 0.7);
    });
  }
});
