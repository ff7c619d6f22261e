/** Small inputs that stand for huge ones: what they claim to be ends the reading, not the disk or the memory. */
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ContentReader } from '../../src/content/content.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { checkLayer } from '../../src/operations/check-layers.ts';
import { checkBundlesFile } from '../../src/spec/check-bundles-file.ts';
import { openDockerArchiveSource } from '../../src/transports/docker-archive/source.ts';
import { jsonBytes } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { freshTarget } from '../unit/image-archive/archive-sources.ts';
import { rawEntry, rawHeader } from '../unit/tar/raw-tar.ts';

const folder = useTempFolder();
const MEBIBYTE = 1024 * 1024;

/** gzip members or zstd frames, each of so many zeros. */
const blocks = {
  gzip: {
    type: 'application/vnd.oci.image.layer.v1.tar+gzip',
    bytes: gzipSync(Buffer.alloc(16 * MEBIBYTE)),
  },
  // RFC 8878 §3.1.1: a frame of 1 MiB windows with 128 blocks of one repeated zero, 128 KiB each.
  zstd: {
    type: 'application/vnd.oci.image.layer.v1.tar+zstd',
    bytes: Buffer.concat([
      Buffer.from('28b52ffd0050', 'hex'),
      ...Array.from({ length: 128 }, (_, at) => rleBlock(128 * 1024, at === 127)),
    ]),
  },
};

function rleBlock(size: number, isLast: boolean): Buffer {
  const block = Buffer.alloc(4);
  block.writeUIntLE((size << 3) | (1 << 1) | (isLast ? 1 : 0), 0, 3);
  return block;
}

describe.each(Object.entries(blocks))('a layer of %s', (_, { type, bytes }) => {
  it('that goes on beyond its declared size is left there', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void> {
      for (; read < 10_000; read += 1) yield bytes;
    }
    const content: ContentReader = { has: async () => true, fetch: endless };
    const descriptor = { mediaType: type, digest: digestOf('x'), size: 10_000 * bytes.byteLength };
    const layer = { descriptor, diffID: digestOf('y'), uncompressedSize: 20 * MEBIBYTE };
    expect(await checkLayer(layer, content, {})).toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(read).toBeLessThan(20);
  });
});

describe('an archive', () => {
  it('whose manifest.json is hundreds of megabytes of blanks is refused', async () => {
    const header = rawHeader({ name: 'manifest.json', size: 256 * MEBIBYTE });
    const path = folder.path('blanks.tar.gz');
    const blanks = gzipSync(Buffer.alloc(32 * MEBIBYTE, ' '));
    await writeFile(
      path,
      Buffer.concat([gzipSync(header), ...Array.from({ length: 8 }, () => blanks)]),
    );
    const opening = openDockerArchiveSource(path, await freshTarget(folder));
    await expect(opening).rejects.toMatchObject({ code: 'ARCHIVE_MALFORMED' });
  });

  it('with endless zeros behind its end is refused', async () => {
    const entry = rawEntry({ name: 'manifest.json' }, jsonBytes([]));
    const zeros = gzipSync(Buffer.alloc(32 * MEBIBYTE));
    const path = folder.path('zeros.tar.gz');
    await writeFile(
      path,
      Buffer.concat([gzipSync(entry), ...Array.from({ length: 4 }, () => zeros)]),
    );
    const opening = openDockerArchiveSource(path, await freshTarget(folder));
    await expect(opening).rejects.toMatchObject({ code: 'ARCHIVE_MALFORMED' });
  });
});

// In files that are searched for images: test/unit/discovery/any-text.slow.test.ts.
describe('YAML aliases that multiply', () => {
  const bomb = ['a: &a [image, image]']
    .concat(
      Array.from(
        { length: 40 },
        (_, at) => `k${at}: &k${at} [${`*${at === 0 ? 'a' : `k${at - 1}`},`.repeat(2)}]`,
      ),
    )
    .join('\n');

  it('are refused in a bundles file', () => {
    const { file, problems } = checkBundlesFile(`${bomb}\n`, { path: 'bundles.yaml' });
    expect(file).toBeUndefined();
    expect(problems.map(({ code }) => code)).toContain('TOO_LARGE');
  });
});
