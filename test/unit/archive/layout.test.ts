import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBundleIndex } from '../../../src/archive/bundle-index.ts';
import { bundleIndexSpan, layOut, placeEntries } from '../../../src/archive/layout.ts';
import { archiveContent, openArchive } from '../../../src/archive/read-archive.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { headerBytes, paddingOf } from '../../../src/tar/header.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { readAll } from '../tar/raw-tar.ts';
import { assembleSample, sampleRoots, writeSample } from './sample-kit.ts';

const folder = useTempFolder();

describe('offsets', () => {
  it('follow one another without a gap, whatever the sizes', () => {
    const sizes = fc.array(fc.nat(2 ** 34), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (all) => {
        const { entries, size } = placeEntries(all.map((one) => ({ size: one })));
        let position = 0;
        for (const entry of entries) {
          expect(entry.start).toBe(position);
          expect(entry.offset).toBe(position + headerBytes(entry.size));
          position = entry.offset + entry.size + paddingOf(entry.size);
          expect(position % 512).toBe(0);
        }
        expect(size).toBe(position + 1024);
      }),
    );
  });

  it('are where the bytes are', async () => {
    const kit = await assembleSample(await sampleRoots());
    const bytes = await writeSample(await folder.fresh(), kit);
    const base = bundleIndexSpan(kit.indexBytes.byteLength);
    expect(bytes.byteLength).toBe(base + kit.layout.size);
    for (const { path, offset, size, sha256 } of kit.index.members) {
      const data = bytes.subarray(base + offset, base + offset + size);
      expect(createHash('sha256').update(data).digest('hex'), path).toBe(sha256);
    }
  });

  it('count from the end of the entry of bundle.json, so its length does not matter', async () => {
    const parts = { ociLayout: Buffer.from('{}'), indexJson: Buffer.from('[]') };
    const blobs = [{ mediaType: 'x', digest: digestOf('x'), size: 700 }];
    const { members } = layOut({ ...parts, blobs, manifestJson: Buffer.alloc(0) });
    expect(members.map(({ offset }) => offset)).toEqual([512, 2560, 4096, 5120]);
  });
});

describe('archives', () => {
  it('have their entries in the order of the format, each once', async () => {
    const kit = await assembleSample(await sampleRoots(), ['linux/amd64']);
    const bytes = await writeSample(await folder.fresh(), kit);
    const names = (await readAll(bytes)).map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['bundle.json', 'oci-layout', 'blobs', 'blobs/sha256']);
    expect(names.slice(-2)).toEqual(['index.json', 'manifest.json']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are read by tar-stream, with the bundle index as the first entry', async () => {
    const kit = await assembleSample(await sampleRoots());
    const bytes = await writeSample(await folder.fresh(), kit);
    const reader = extract();
    reader.end(bytes);
    const found: { name: string; uid: number | undefined; mtime: number | undefined }[] = [];
    for await (const entry of reader) {
      const { name, uid, mtime } = entry.header;
      found.push({ name, uid, mtime: mtime?.getTime() });
      entry.resume();
    }
    expect(found[0]).toEqual({ name: 'bundle.json', uid: 0, mtime: 0 });
    expect(found).toHaveLength(kit.index.members.length + 3);
    expect(found.every(({ uid, mtime }) => uid === 0 && mtime === 0)).toBe(true);
  });

  it('do not depend on the order of the images', async () => {
    const roots = await sampleRoots();
    const one = await writeSample(await folder.fresh(), await assembleSample(roots));
    const other = await assembleSample(roots.toReversed());
    expect((await writeSample(await folder.fresh(), other)).equals(one)).toBe(true);
  });

  it('say what they leave out, and hold the documents all the same', async () => {
    const roots = await sampleRoots();
    const all = await assembleSample(roots, ['linux/amd64']);
    const paths = new Set(all.index.members.map(({ path }) => path));
    expect(all.index.absent.length).toBeGreaterThan(0);
    for (const { digest, reason } of all.index.absent) {
      expect(reason).toBe('platform');
      expect(paths.has(`blobs/${digest.replace(':', '/')}`)).toBe(false);
    }
    expect(all.index.images[2]?.manifests).toHaveLength(4);
  });

  it('give every blob back by digest', async () => {
    const kit = await assembleSample(await sampleRoots());
    const path = await folder.fresh();
    await writeSample(path, kit);
    const archive = await openArchive(join(path, 'bundle.tar'));
    expect(Buffer.from(archive.index).equals(formatBundleIndex(kit.index))).toBe(true);
    const content = archiveContent(archive, kit.index);
    for (const { entry } of kit.layout.entries) {
      if (entry.kind !== 'blob') continue;
      expect(await content.has(entry.descriptor)).toBe(true);
      for await (const chunk of content.fetch(entry.descriptor))
        expect(chunk.byteLength > 0).toBe(true);
    }
  });

  it.each([
    ['of no byte', Buffer.alloc(0)],
    ['of zeros', Buffer.alloc(2048)],
    ['of noise', Buffer.alloc(2048, 'x')],
  ])('%s are no kit archives', async (_, bytes) => {
    const path = join(await folder.fresh(), 'bundle.tar');
    await writeFile(path, bytes);
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'ARCHIVE_MALFORMED' });
  });
});
