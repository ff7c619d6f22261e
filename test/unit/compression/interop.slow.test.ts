import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../src/compression/decompress.ts';
import { openEncoder } from '../../../src/compression/encoder.ts';
import { collect, hasTool, inChunks, makeSample, pipeThrough } from './byte-sources.ts';

const MIB = 1024 * 1024;
const sample = makeSample(MIB + 1);
const noise = makeSample(100_000, 7);
const megabyte = makeSample(MIB, 3);
const hasZstdDecoder = 'createZstdDecompress' in (await import('node:zlib'));

async function decode(bytes: Uint8Array, sizes?: readonly number[]): Promise<Buffer> {
  return collect(decompress(inChunks(bytes, sizes)));
}

/** Skips, and says why, where the tool is not installed. */
function withTool(tool: string, title: string, test: () => Promise<void>): void {
  const isThere = hasTool(tool);
  it.skipIf(!isThere)(isThere ? title : `${title} (${tool} is not installed)`, test);
}

describe('tools read what airkit writes', () => {
  for (const [tool, encoding] of [
    ['zstd', 'zstd'],
    ['gzip', 'gzip'],
    ['pigz', 'gzip'],
  ] as const) {
    withTool(tool, `${tool} -d`, async () => {
      const encoder = await openEncoder(encoding);
      for (const bytes of [sample, Buffer.alloc(0)]) {
        const encoded = await collect(encoder.encode(inChunks(bytes)));
        expect(pipeThrough(tool, ['-dc'], encoded).equals(bytes)).toBe(true);
        pipeThrough(tool, ['-t'], encoded);
      }
    });
  }
});

describe('airkit reads what tools write', () => {
  for (const [tool, args] of [
    ['zstd', ['-3']],
    ['zstd', ['-19', '--no-check']],
    ['zstd', ['--long=27', '-3']],
    ['zstd', ['--ultra', '-22']],
    ['zstd', ['-1', '-T2', `--stream-size=${sample.byteLength}`]],
    ['gzip', ['-1']],
    ['gzip', ['-9']],
    ['pigz', ['-p2']],
    ['pigz', ['-i', '-p2']],
    ['bzip2', ['-1']],
    ['bzip2', ['-9']],
    ['xz', ['-1']],
    ['xz', ['-9', '--check=crc32']],
    ['xz', ['-T2', '--block-size=1MiB', '-1']],
    ['xz', ['-0', '--check=none']],
  ] as const) {
    withTool(tool, [tool, ...args].join(' '), async () => {
      const encoded = pipeThrough(tool, ['-c', ...args], sample);
      expect((await decode(encoded)).equals(sample)).toBe(true);
      const twice = await decode(Buffer.concat([encoded, encoded]), [1, 70_001]);
      expect(twice.equals(Buffer.concat([sample, sample]))).toBe(true);
      await expect(decode(encoded.subarray(0, -1))).rejects.toMatchObject({
        code: 'CONTENT_INVALID',
      });
      await expect(decode(encoded.subarray(0, encoded.byteLength >> 1))).rejects.toMatchObject({
        code: 'CONTENT_INVALID',
      });
    });
  }

  for (const tool of ['gzip', 'zstd', 'bzip2', 'xz']) {
    withTool(tool, `${tool} of nothing`, async () => {
      const encoded = pipeThrough(tool, ['-c'], Buffer.alloc(0));
      expect(await decode(encoded)).toEqual(Buffer.alloc(0));
    });
  }

  withTool('bzip2', 'bzip2 of long runs', async () => {
    const runs = Buffer.concat(
      [3, 4, 5, 254, 255, 256, 259, 260, 700_000].map((size, index) => Buffer.alloc(size, index)),
    );
    expect((await decode(pipeThrough('bzip2', ['-c'], runs))).equals(runs)).toBe(true);
  });

  withTool('xz', 'refuses xz features that it lacks', async () => {
    for (const args of [['--check=sha256'], ['--x86', '--lzma2'], ['--lzma2=dict=128MiB']]) {
      const encoded = pipeThrough('xz', ['-c', ...args], noise);
      await expect(decode(encoded)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
  });
});

describe('abort', () => {
  for (const tool of ['gzip', 'zstd', 'bzip2', 'xz']) {
    withTool(
      tool,
      `reaches the decoder of ${tool} amid a source that never makes it wait`,
      async () => {
        const encoded = pipeThrough(tool, ['-c', '-1'], Buffer.alloc(64 * MIB));
        const controller = new AbortController();
        setTimeout(() => controller.abort('enough'), 5);
        async function* endless(): AsyncGenerator<Uint8Array, void> {
          for (;;) yield encoded;
        }
        const decoding = (async () => {
          let size = 0;
          for await (const chunk of decompress(endless(), { signal: controller.signal }))
            size += chunk.byteLength;
          return size;
        })();
        await expect(decoding).rejects.toBe('enough');
      },
    );
  }
});

describe('zstd frames', () => {
  const skippable = Buffer.concat([Buffer.from('512a4d1804000000', 'hex'), Buffer.from('skip')]);

  withTool('zstd', 'several, with skippable ones between', async () => {
    const encoded = pipeThrough('zstd', ['-c'], noise);
    for (const stream of [
      [skippable, encoded],
      [encoded, skippable, skippable, encoded],
      [encoded, skippable],
    ]) {
      const expected = Buffer.concat(
        stream.map((part) => (part === encoded ? noise : Buffer.alloc(0))),
      );
      expect((await decode(Buffer.concat(stream), [4096, 1])).equals(expected)).toBe(true);
      const cut = Buffer.concat(stream).subarray(0, -1);
      await expect(decode(cut)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
    }
  });

  withTool('zstd', 'a wrong checksum', async () => {
    const encoded = pipeThrough('zstd', ['-c'], noise);
    encoded[encoded.byteLength - 1] = (encoded.at(-1) ?? 0) ^ 1;
    await expect(decode(encoded)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
  });

  withTool('zstd', 'large ones come in parts, between small ones', async () => {
    const large = Buffer.concat(Array.from({ length: 34 }, () => megabyte));
    const small = pipeThrough('zstd', ['-c'], noise);
    for (const args of [[], ['--no-check', `--stream-size=${large.byteLength}`]]) {
      const encoded = pipeThrough('zstd', ['-c', '-1', ...args], large);
      const decoded = await decode(Buffer.concat([small, encoded, small]));
      expect(decoded.equals(Buffer.concat([noise, large, noise]))).toBe(true);
      await expect(decode(encoded.subarray(0, -1))).rejects.toMatchObject({
        code: 'CONTENT_INVALID',
      });
    }
  });

  withTool('zstd', 'large ones with matches from afar are right or refused', async () => {
    const large = Buffer.concat([megabyte, Buffer.alloc(110 * MIB), megabyte]);
    const size = `--stream-size=${large.byteLength}`;
    const encoded = pipeThrough('zstd', ['-c', '-1', '--long=27', size], large);
    if (hasZstdDecoder) expect((await decode(encoded)).equals(large)).toBe(true);
    else await expect(decode(encoded)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  withTool('zstd', '--long=28 and more is refused', async () => {
    const encoded = pipeThrough('zstd', ['-c', '-1', '--long=28'], noise);
    await expect(decode(encoded)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
