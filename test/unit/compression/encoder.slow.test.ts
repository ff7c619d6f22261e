import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEncoder } from '../../../src/compression/encoder.ts';
import { decompress } from '../../../src/compression/decompress.ts';
import { collect, inChunks, makeSample, stalling, watchedSource } from './byte-sources.ts';

const ENCODINGS = ['zstd', 'gzip', 'none'] as const;
const MIB = 1024 * 1024;
const sample = makeSample(17 * MIB + 12_345);
/** Three frames or members. */
const SAMPLES = { zstd: sample, gzip: sample.subarray(0, 2 * MIB + 12_345), none: sample };

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('bytes', () => {
  // A change of these is a change of the digest of every layer that airkit writes.
  it.each([
    ['zstd', 'b98b24ac636bdea02d5ced2c415c4e9bc754da545855bd92ae27f449acc2472e'],
    ['gzip', '2b4363d2208d55df920c00e1e805dc932d8ea2c3615486a419f16d2050491824'],
  ] as const)('%s writes the pinned bytes', async (encoding, digest) => {
    const encoder = await openEncoder(encoding);
    expect(sha256(sample)).toBe('d659b8f9059e9cf1d0b5d0b29afb6ced97815ff863158ccf576c9f09c7eeaebe');
    expect(sha256(await collect(encoder.encode(inChunks(SAMPLES[encoding]))))).toBe(digest);
  });

  it.each(ENCODINGS)('%s does not depend on chunks and concurrency', async (encoding) => {
    const encoder = await openEncoder(encoding);
    const digests = new Set<string>();
    for (const [concurrency, sizes] of [
      [1, [65_536]],
      [2, [1, 999_983, 0, 77]],
      [7, [64 * MIB]],
      [3, [1 * MIB]],
    ] as const) {
      digests.add(
        sha256(await collect(encoder.encode(inChunks(SAMPLES[encoding], sizes), { concurrency }))),
      );
    }
    expect(digests.size).toBe(1);
  });

  it.each(ENCODINGS)('%s gives back any input', async (encoding) => {
    const encoder = await openEncoder(encoding);
    const sizes = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), sizes, sizes, async (bytes, a, b) => {
        const encoded = await collect(encoder.encode(inChunks(bytes, a)));
        const decoded = await collect(decompress(inChunks(encoded, b), { compression: encoding }));
        expect(decoded).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 60 },
    );
  });

  it('names the encoder as it is installed', async () => {
    const manifest = await readFile('node_modules/@toondepauw/node-zstd/package.json', 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ version: '1.2.0' });
    expect((await openEncoder('zstd')).id).toBe('zstd-3-8MiB/@toondepauw/node-zstd@1.2.0');
    expect((await openEncoder('gzip')).id).toBe('gzip-6-1MiB/zlib');
  });

  it('writes one empty frame or member for no input', async () => {
    for (const encoding of ['zstd', 'gzip'] as const) {
      const encoded = await collect(
        (await openEncoder(encoding)).encode(inChunks(Buffer.alloc(0))),
      );
      expect(encoded.byteLength).toBeGreaterThan(8);
      expect(await collect(decompress(inChunks(encoded)))).toEqual(Buffer.alloc(0));
    }
  });

  it('writes gzip members of 1 MiB without time, name and system', async () => {
    const encoded = await collect((await openEncoder('gzip')).encode(inChunks(SAMPLES.gzip)));
    expect(encoded.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
    expect(gunzipSync(encoded).equals(SAMPLES.gzip)).toBe(true);
  });
});

describe('flow', () => {
  it.each([
    ['zstd', 8],
    ['gzip', 1],
  ] as const)('%s reads at most concurrency + 1 frames ahead', async (encoding, frameMib) => {
    const encoder = await openEncoder(encoding);
    const { bytes, seen } = watchedSource(Buffer.alloc(MIB), 100);
    const encoded = encoder.encode(bytes, { concurrency: 2 })[Symbol.asyncIterator]();
    await encoded.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.chunks).toBeLessThanOrEqual(3 * frameMib);
    await encoded.return?.();
    expect(seen.isClosed).toBe(true);
  });

  it.each(ENCODINGS)('%s passes the error of the source on', async (encoding) => {
    const encoder = await openEncoder(encoding);
    const failure = new Error('disk on fire');
    async function* failing(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.alloc(20 * MIB);
      throw failure;
    }
    await expect(collect(encoder.encode(failing()))).rejects.toBe(failure);
  });

  it.each(ENCODINGS)('%s stops on abort while the source stalls', async (encoding) => {
    const encoder = await openEncoder(encoding);
    const controller = new AbortController();
    const { signal } = controller;
    const encoded = collect(encoder.encode(stalling(Buffer.alloc(100)), { signal }));
    setTimeout(() => controller.abort('enough'), 20);
    await expect(encoded).rejects.toBe('enough');
  });

  it('does not touch the source when already aborted', async () => {
    const { bytes, seen } = watchedSource(Buffer.alloc(10), 5);
    const encoder = await openEncoder('zstd');
    const signal = AbortSignal.abort('no');
    await expect(collect(encoder.encode(bytes, { signal }))).rejects.toBe('no');
    expect(seen.chunks).toBe(0);
  });
});

describe('without the native package', () => {
  afterEach(() => {
    vi.doUnmock('@toondepauw/node-zstd');
    vi.resetModules();
  });

  it('refuses zstd, names gzip, and still decodes zstd', async () => {
    const encoded = await collect((await openEncoder('zstd')).encode(inChunks(sample)));
    vi.resetModules();
    vi.doMock('@toondepauw/node-zstd', () => {
      throw new Error('no binary for this machine');
    });
    const fresh = await import('../../../src/compression/encoder.ts');
    // Who encodes nothing needs no encoder.
    const encoder = await fresh.openEncoder('zstd');
    expect(encoder.id).toBe((await openEncoder('zstd')).id);
    await expect(collect(encoder.encode(inChunks(sample)))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: 'Write `layers: gzip` under `output` in the bundles file.',
    });
    const { decompress: decompressSlowly } = await import('../../../src/compression/decompress.ts');
    expect((await collect(decompressSlowly(inChunks(encoded)))).equals(sample)).toBe(true);
  });
});
