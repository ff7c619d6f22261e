import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../src/compression/decompress.ts';
import { openEncoder } from '../../../src/compression/encoder.ts';
import { collect, inChunks, makeSample, stalling, watchedSource } from './byte-sources.ts';

const MIB = 1024 * 1024;
const sample = makeSample(150_000);
// `printf 'airkit\n' | bzip2` and `printf 'airkit\n' | xz`, so that these run where the tools are absent.
const STREAMS = {
  gzip: gzipSync('airkit\n'),
  zstd: Buffer.from('28b52ffd04583900006169726b69740a45784975', 'hex'),
  bzip2: Buffer.from(
    '425a6839314159265359f896d903000000c180001020281400200022186830013a1d85dc914e14243e25b640c0',
    'hex',
  ),
  xz: Buffer.from(
    'fd377a585a000004e6d6b4460200210116000000742fe5a30100066169726b69740a00006e28253b30e70e9600011f07162eb8731fb6f37d010000000004595a',
    'hex',
  ),
};
const CODECS = ['gzip', 'zstd', 'bzip2', 'xz'] as const;

async function decode(bytes: Uint8Array, sizes?: readonly number[]): Promise<Buffer> {
  return collect(decompress(inChunks(bytes, sizes)));
}

describe('whole streams', () => {
  it.each(CODECS)('%s: one, several, and byte by byte', async (codec) => {
    const one = STREAMS[codec];
    expect((await decode(one)).toString()).toBe('airkit\n');
    const three = Buffer.concat([one, one, one]);
    expect((await decode(three)).toString()).toBe('airkit\n'.repeat(3));
    expect((await decode(three, [1])).toString()).toBe('airkit\n'.repeat(3));
  });

  it('passes through what is not compressed, also nothing at all', async () => {
    expect(await decode(sample, [7, 4000])).toEqual(sample);
    expect(await decode(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    const asIs = decompress(inChunks(STREAMS.gzip), { compression: 'none' });
    expect(await collect(asIs)).toEqual(STREAMS.gzip);
  });

  it('ignores zeros behind a gzip member', async () => {
    for (const zeros of [1, 3, 512, 100_000]) {
      const padded = Buffer.concat([STREAMS.gzip, Buffer.alloc(zeros)]);
      for (const sizes of [[1000], [1], [STREAMS.gzip.byteLength]]) {
        expect((await decode(padded, sizes)).toString()).toBe('airkit\n');
      }
    }
  });

  it('yields no empty chunk', async () => {
    for await (const chunk of decompress(inChunks(STREAMS.xz, [1, 0])))
      expect(chunk.byteLength).toBeGreaterThan(0);
  });
});

async function codeOf(hex: string): Promise<unknown> {
  return decode(Buffer.from(hex, 'hex')).catch((error: { code: string }) => error.code);
}

describe('damaged streams', () => {
  it.each(['gzip', 'zstd', 'bzip2', 'xz'] as const)('%s: cut off anywhere', async (codec) => {
    const one = STREAMS[codec];
    for (const whole of [one, Buffer.concat([one, one])]) {
      for (let size = 0; size < whole.byteLength; size += 1) {
        if (size === one.byteLength) continue;
        const cut = decompress(inChunks(whole.subarray(0, size), [5]), { compression: codec });
        await expect(collect(cut), `${size}`).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
      }
    }
  });

  it.each(['zstd', 'gzip'] as const)('%s: a larger stream cut off anywhere', async (codec) => {
    const encoder = await openEncoder(codec);
    const whole = await collect(encoder.encode(inChunks(sample)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: whole.byteLength - 1 }), async (size) => {
        await expect(decode(whole.subarray(0, size))).rejects.toMatchObject({
          code: 'CONTENT_INVALID',
        });
      }),
      { numRuns: 40 },
    );
  });

  it.each(['gzip', 'zstd', 'bzip2', 'xz'] as const)('%s: garbage behind it', async (codec) => {
    for (const garbage of ['x', 'garbage behind the stream', '\0\0\0\0x', '\0garbage']) {
      const bytes = Buffer.concat([STREAMS[codec], Buffer.from(garbage)]);
      for (const sizes of [[1000], [1], [STREAMS[codec].byteLength]]) {
        await expect(decode(bytes, sizes)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
      }
    }
  });

  it.each(['gzip', 'bzip2', 'xz'] as const)('%s: a flipped bit never passes', async (codec) => {
    const whole = STREAMS[codec];
    for (let bit = 0; bit < whole.byteLength * 8; bit += 1) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = await collect(decompress(inChunks(flipped), { compression: codec })).catch(
        (error: { code: string }) => error.code,
      );
      // Some bits change nothing: gzip's flags, time and system, bzip2's level and padding.
      if (Buffer.isBuffer(decoded)) expect(decoded.toString()).toBe('airkit\n');
      else expect(['CONTENT_INVALID', 'UNSUPPORTED']).toContain(decoded);
    }
  });

  it('any bytes behind a magic number fail cleanly or decode', async () => {
    const magics = [
      '1f8b0800000000000003',
      '28b52ffd',
      'fd377a585a000004e6d6b446',
      '425a6839314159265359',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array(), async (magic, rest) => {
        const bytes = Buffer.concat([Buffer.from(magic, 'hex'), rest]);
        const outcome = await decode(bytes).then(
          () => 'decoded',
          (error: { code?: string }) => error.code,
        );
        expect(['decoded', 'CONTENT_INVALID', 'UNSUPPORTED']).toContain(outcome);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses zstd windows above 128 MiB, dictionaries, reserved bits and blocks', async () => {
    expect(await codeOf('28b52ffd0089010000')).toBe('UNSUPPORTED'); // window 2^27 and an eighth
    expect(await codeOf('28b52ffd015807010000')).toBe('UNSUPPORTED'); // dictionary 7
    expect(await codeOf('28b52ffd0858010000')).toBe('CONTENT_INVALID'); // reserved bit
    expect(await codeOf('28b52ffd0058070000')).toBe('CONTENT_INVALID'); // reserved block type
    expect(await codeOf('28b52ffd2005190000aaaaaa')).toBe('CONTENT_INVALID'); // 5 bytes declared, 3 there
    expect(await codeOf('28b52ffd2003190000aaaaaa')).toEqual(Buffer.from('aaaaaa', 'hex'));
  });
});

describe('flow', () => {
  it('stops at maxBytes', async () => {
    for (const codec of CODECS) {
      const limited = (maxBytes: number): Promise<Buffer> =>
        collect(decompress(inChunks(STREAMS[codec]), { maxBytes }));
      await expect(limited(6)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
      expect((await limited(7)).toString()).toBe('airkit\n');
    }
  });

  it('passes the error of the source on as it is', async () => {
    const failure = new Error('disk on fire');
    for (const codec of CODECS) {
      async function* failing(): AsyncGenerator<Uint8Array, void> {
        yield STREAMS[codec].subarray(0, 20);
        throw failure;
      }
      await expect(collect(decompress(failing()))).rejects.toBe(failure);
    }
  });

  it.each(['gzip', 'zstd', 'bzip2', 'xz'] as const)(
    '%s: aborts while the source stalls',
    async (codec) => {
      const controller = new AbortController();
      const { signal } = controller;
      const decoding = collect(decompress(stalling(STREAMS[codec].subarray(0, 12)), { signal }));
      setTimeout(() => controller.abort('enough'), 20);
      await expect(decoding).rejects.toBe('enough');
    },
  );

  it.each(['gzip', 'zstd'] as const)('%s: an early stop closes the source', async (codec) => {
    const encoder = await openEncoder(codec);
    const frame = await collect(encoder.encode(inChunks(makeSample(MIB))));
    const { bytes, seen } = watchedSource(frame, 1000);
    for await (const chunk of decompress(bytes)) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(seen.isClosed).toBe(true);
    expect(seen.chunks).toBeLessThan(20);
  });

  it('an early stop does not wait for a source that stalls', async () => {
    for (const codec of ['gzip', 'zstd'] as const) {
      const encoder = await openEncoder(codec);
      const frame = await collect(encoder.encode(inChunks(makeSample(MIB))));
      const frames = Array.from({ length: 12 }, () => frame);
      for await (const chunk of decompress(stalling(...frames))) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    }
  });
});
