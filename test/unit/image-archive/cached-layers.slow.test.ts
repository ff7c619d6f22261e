import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { blobPath } from '../../../src/content/blob-folder.ts';
import { listCache } from '../../../src/content/prune-cache.ts';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import type { IngestTarget } from '../../../src/image-archive/ingest-layer.ts';
import { digestFromHex, hexOf, type Digest } from '../../../src/oci/digest.ts';
import { openOciArchiveSource } from '../../../src/transports/oci-archive/source.ts';
import { docker20Files, kanikoFiles, ociLayoutFiles } from '../../support/archive-builder.ts';
import {
  buildImage,
  manifestRoot,
  type BuiltImage,
  type TarFile,
} from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import {
  counting,
  drain,
  freshTarget,
  identityOf,
  resolveAll,
  resolveArchive,
  writeArchive,
} from './archive-sources.ts';

const folder = useTempFolder();
let image: BuiltImage;
let target: IngestTarget;

beforeEach(async () => {
  image = await buildImage({ names: ['app:1'], layers: [1, 2, 1] });
  target = await freshTarget(folder);
});

/** The archive with every layer's bytes overwritten. */
function emptied(files: readonly TarFile[]): TarFile[] {
  return files.map((one) =>
    one.name.endsWith('.tar') && one.body !== undefined
      ? { name: one.name, body: Buffer.alloc(one.body.byteLength, 'x') }
      : one,
  );
}

describe('layers in the cache', () => {
  it.each(['none', 'gzip'] as const)(
    'are encoded once and then never read again from an archive with compression %s',
    async (compression) => {
      const files = docker20Files([image]);
      const first = counting(target.cache);
      const path = await writeArchive(folder, files, compression);
      const [one] = await resolveArchive(path, { ...target, cache: first });
      expect(first.stored()).toBe(2);
      const second = counting(target.cache);
      const hollow = await writeArchive(folder, emptied(files), compression);
      const [other] = await resolveArchive(hollow, { ...target, cache: second });
      expect(second.stored()).toBe(0);
      expect(other?.root).toEqual(one?.root);
      await drain(other ?? fail());
    },
  );

  it('are shared by images and by archives of other shapes', async () => {
    const more = await buildImage({ names: ['b:1'], layers: [1, 2, 3] });
    await resolveArchive(await writeArchive(folder, docker20Files([image])), target);
    const cache = counting(target.cache);
    const path = await writeArchive(folder, docker20Files([more, image]), 'gzip');
    await resolveArchive(path, { ...target, cache });
    expect(cache.stored()).toBe(1);
  });

  it('are not needed for compressed layers in a plain archive: they stay where they are', async () => {
    const path = await writeArchive(folder, kanikoFiles([image]));
    const [one] = await resolveArchive(path, target);
    await drain(one ?? fail());
    expect(await listCache(target.cache.folder)).toEqual([]);
  });

  it('of a compressed oci-archive are copied once', async () => {
    const files = ociLayoutFiles([manifestRoot(image)]);
    const path = await writeArchive(folder, files, 'gzip');
    for (const expected of [2, 0]) {
      const cache = counting(target.cache);
      const source = await openOciArchiveSource(path, { ...target, cache });
      await Promise.all((await resolveAll(source)).map(drain));
      expect(cache.stored()).toBe(expected);
    }
  });
});

const encoded = async (): Promise<{ path: string; digests: Digest[] }> => {
  const path = await writeArchive(folder, docker20Files([image]));
  await resolveArchive(path, target);
  const names = await readdir(join(target.cache.folder, 'blobs', 'sha256'));
  return { path, digests: names.map((name) => digestFromHex(name)) };
};

async function recordOf(position: number): Promise<string> {
  const entries = await listCache(target.cache.folder);
  const diffId = image.diffIds[position] ?? fail();
  const found = entries.find(({ path }) => path.endsWith(`${hexOf(diffId)}.json`)) ?? fail();
  return join(target.cache.folder, found.path);
}

describe('the state of the cache', () => {
  const shapes = { plain: docker20Files, compressed: kanikoFiles };

  it.each([
    ['plain', 'none', 'compressed', 'none'],
    ['plain', 'none', 'compressed', 'gzip'],
    ['compressed', 'gzip', 'plain', 'none'],
    ['compressed', 'gzip', 'plain', 'gzip'],
    ['plain', 'none', 'plain', 'gzip'],
    ['compressed', 'gzip', 'compressed', 'none'],
  ] as const)(
    'never changes a byte: %s layers (outer %s) before %s layers (outer %s)',
    async (...[first, firstOuter, second, secondOuter]) => {
      const later = await writeArchive(folder, shapes[second]([image]), secondOuter);
      const [alone] = await resolveArchive(later, await freshTarget(folder));
      const earlier = await writeArchive(folder, shapes[first]([image]), firstOuter);
      await resolveArchive(earlier, target);
      const [after] = await resolveArchive(later, target);
      expect(after?.root).toEqual(alone?.root);
    },
  );
});

describe('damage in the cache', () => {
  it('of one byte is noticed when the layer is read, and the entry is gone after', async () => {
    const { path, digests } = await encoded();
    const file = blobPath(target.cache.folder, digests[0] ?? fail());
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const [one] = await resolveArchive(path, target);
    await expect(drain(one ?? fail())).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
    expect(await target.cache.sizeOf(digests[0] ?? fail())).toBeUndefined();
    const [again] = await resolveArchive(path, target);
    await drain(again ?? fail());
  });

  it('by truncation means that the layer is encoded again', async () => {
    const { path, digests } = await encoded();
    await truncate(blobPath(target.cache.folder, digests[0] ?? fail()), 20);
    const cache = counting(target.cache);
    const [one] = await resolveArchive(path, { ...target, cache });
    expect(cache.stored()).toBe(1);
    await drain(one ?? fail());
  });

  it('by truncation under an open image is CACHE_DAMAGED', async () => {
    const { path, digests } = await encoded();
    const [one] = await resolveArchive(path, target);
    await truncate(blobPath(target.cache.folder, digests[0] ?? fail()), 20);
    await expect(drain(one ?? fail())).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  });

  it('by removal under an open image is nothing that the image lacks: CACHE_DAMAGED', async () => {
    const { path, digests } = await encoded();
    const [one = fail()] = await resolveArchive(path, target);
    expect(await readImageGraph(one.root, one.content)).toMatchObject({
      manifests: [{ isHeld: true }],
    });
    await rm(blobPath(target.cache.folder, digests[0] ?? fail()));
    const reading = readImageGraph(one.root, one.content);
    await expect(reading).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  });

  it('by removal under an open image is CACHE_DAMAGED where it is read', async () => {
    const { path, digests } = await encoded();
    const [one] = await resolveArchive(path, target);
    await rm(blobPath(target.cache.folder, digests[0] ?? fail()));
    await expect(drain(one ?? fail())).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  });

  it('in a record means that the layer is encoded again', async () => {
    const { path } = await encoded();
    for (const text of ['', '{', 'null', '{"digest":"sha256:x","size":1}']) {
      await writeFile(await recordOf(0), text);
      const cache = counting(target.cache);
      const [one] = await resolveArchive(path, { ...target, cache });
      expect(cache.stored()).toBe(1);
      await drain(one ?? fail());
    }
  });

  it('that puts the record of another layer in the place of one is noticed', async () => {
    const { path } = await encoded();
    const own = await resolveArchive(path, target);
    await writeFile(await recordOf(0), await readFile(await recordOf(1)));
    const [one] = await resolveArchive(path, target);
    expect(one?.root).toEqual(own[0]?.root);
  });
});

describe('image IDs', () => {
  it('survive the cache', async () => {
    const path = await writeArchive(folder, docker20Files([image]));
    const [one] = await resolveArchive(path, target);
    const { imageIds, diffIds } = await identityOf(one ?? fail());
    expect({ imageIds, diffIds }).toEqual({ imageIds: [image.imageId], diffIds: image.diffIds });
  });
});

function fail(): never {
  throw new Error('the test did not find what it made');
}
