import { expect, describe, it } from 'vitest';
import { openCache } from '../../src/content/cache.ts';
import type { Image, ImageDescription, ImageSource } from '../../src/content/image.ts';
import type { OperationOptions } from '../../src/content/operation.ts';
import { listCache } from '../../src/content/prune-cache.ts';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { openEncoder } from '../../src/compression/encoder.ts';
import type { IngestTarget } from '../../src/image-archive/ingest-layer.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { identityDigest } from '../../src/oci/image-identity.ts';
import { heldDescriptors, type ImageGraph } from '../../src/oci/image-graph.ts';
import { formatReference } from '../../src/oci/reference.ts';
import { identifyImages } from '../../src/operations/identify-images.ts';

export interface SourceUnderTest {
  /** Opens the source; layers that it encodes or unpacks go to `target`. */
  readonly open: (target: IngestTarget, options?: OperationOptions) => Promise<ImageSource>;
  /** Opens one that is not there. */
  readonly openMissing: (target: IngestTarget) => Promise<ImageSource>;
  /** Every name that it must offer, canonical, with the image IDs behind it. */
  readonly images: ReadonlyMap<string, readonly Digest[]>;
  /** A new empty folder. */
  readonly freshFolder: () => Promise<string>;
}

/** What every source of images must do, whatever its medium. A new transport is done when this passes. */
export function imageSourceContract(title: string, prepare: () => Promise<SourceUnderTest>): void {
  const start = async (): Promise<SourceUnderTest & { target: IngestTarget }> => {
    const source = await prepare();
    const cache = openCache(await source.freshFolder());
    const target = { cache, encoder: await openEncoder('gzip') };
    return Object.assign(source, { target });
  };

  describe(title, () => {
    it('lists every name it holds, and says of each its labels', async () => {
      const { open, target, images } = await start();
      await using source = await open(target);
      const listing = await source.list();
      const names = listing.images.map(({ reference }) => formatReference(reference));
      expect(names.toSorted()).toEqual([...images.keys()].toSorted());
      expect(listing.skipped).toEqual([]);
      for (const listed of listing.images)
        expect(await listed.labels()).toEqual({ name: listed.reference.repository });
    });

    it('resolves names to images, in the order asked for', async () => {
      const { open, target, images } = await start();
      await using source = await open(target);
      const listed = (await source.list()).images.toReversed();
      const resolved = await source.resolve(listed, {});
      expect(resolved.map(({ reference }) => reference)).toEqual(
        listed.map(({ reference }) => reference),
      );
      for (const image of resolved)
        expect(imageIds(await graphOf(image))).toEqual(
          images.get(formatReference(image.reference)),
        );
    });

    it('has every blob that it names, and verifies it', async () => {
      const { open, target } = await start();
      await using source = await open(target);
      for (const image of await source.resolve((await source.list()).images)) {
        const graph = await graphOf(image);
        expect(graph.manifests.every(({ isHeld }) => isHeld)).toBe(true);
        for (const descriptor of heldDescriptors(graph)) {
          expect(await image.content.has(descriptor)).toBe(true);
          const bytes = await collect(image.content.fetch(descriptor));
          expect(bytes.byteLength).toBe(descriptor.size);
          expect(digestOf(bytes)).toBe(descriptor.digest);
        }
      }
    });

    it('has nothing of other digests, and tells a wrong size from a blob that is not there', async () => {
      const { open, target } = await start();
      await using source = await open(target);
      const [image] = await source.resolve((await source.list()).images.slice(0, 1));
      if (image === undefined) throw new Error('the source offers nothing');
      const other = { ...image.root, digest: digestOf('of no blob') };
      expect(await image.content.has(other)).toBe(false);
      const longer = { ...image.root, size: image.root.size + 1 };
      await expect(image.content.has(longer)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
      await expect(collect(image.content.fetch(other))).rejects.toMatchObject({
        code: expect.stringMatching(/^(BLOB_MISSING|CACHE_DAMAGED)$/),
      });
    });

    it('describes images as it then resolves them, and writes nothing for it', async () => {
      const { open, target, images } = await start();
      await using source = await open(target);
      const { images: listed } = await source.list();
      const described = await source.describe(listed);
      expect(await listCache(target.cache.folder)).toEqual([]);
      expect(described.map(describedIds)).toEqual(
        listed.map(({ reference }) => images.get(formatReference(reference))),
      );
    });

    it('tells images apart by identity, and finds them by it where it can', async () => {
      const { open, target, images } = await start();
      await using source = await open(target);
      const { images: listed } = await source.list();
      const identities = await identifyImages(source, listed);
      const different = new Set([...images.values()].map((ids) => ids.join()));
      expect(new Set(identities.map(identityDigest)).size).toBe(different.size);
      await using other = await open(target);
      const wanted = listed.map(({ reference }, at) => ({ reference, identity: identities[at] }));
      const known = wanted.flatMap(({ reference, identity }) =>
        identity === undefined ? [] : [{ reference, identity }],
      );
      const pinned = await (other.pin?.(known) ?? []);
      if (other.pin === undefined) return;
      expect(pinned.map((image) => image?.reference)).toEqual(wanted.map((one) => one.reference));
      const found = pinned.flatMap((image) => image ?? []);
      expect(await identifyImages(other, found)).toEqual(identities);
      expect((await other.resolve(found)).map(({ root }) => root)).toEqual(
        (await source.resolve(listed)).map(({ root }) => root),
      );
      const root = digestOf('of no image');
      const gone = [{ root }, { imageId: root, diffIds: [] }];
      const missing = known
        .slice(0, 1)
        .flatMap(({ reference }) => gone.map((identity) => ({ reference, identity })));
      expect(await other.pin(missing)).toEqual([undefined, undefined]);
    });

    it('resolves to the same descriptors a second time', async () => {
      const { open, target } = await start();
      const roots = [];
      for (let turn = 0; turn < 2; turn += 1) {
        await using source = await open(target);
        const resolved = await source.resolve((await source.list()).images);
        roots.push(resolved.map(({ root }) => root));
      }
      expect(roots[1]).toEqual(roots[0]);
    });

    it('stops when the signal is aborted, with its reason', async () => {
      const { open, target } = await start();
      const reason = new Error('stopped by the test');
      const signal = AbortSignal.abort(reason);
      await using source = await open(target);
      const { images } = await source.list();
      const readAll = async (): Promise<void> => {
        for (const image of await source.resolve(images, { signal })) {
          for (const descriptor of heldDescriptors(await graphOf(image)))
            await collect(image.content.fetch(descriptor, { signal }));
        }
      };
      await expect(readAll()).rejects.toBe(reason);
    });

    it('fails with a coded error when the medium is not there', async () => {
      const { openMissing, target } = await start();
      await expect(openMissing(target)).rejects.toMatchObject({
        code: expect.stringMatching(/^(DISK_FAILED|SOURCE_FAILED)$/),
      });
    });
  });
}

async function graphOf(image: Image): Promise<ImageGraph> {
  return readImageGraph(image.root, image.content);
}

function imageIds(graph: ImageGraph): Digest[] {
  return graph.manifests.filter(({ isImage }) => isImage).map(({ config }) => config.digest);
}

function describedIds(description: ImageDescription): (Digest | undefined)[] {
  return 'graph' in description ? imageIds(description.graph) : [description.estimate.imageId];
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
