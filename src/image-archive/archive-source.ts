import type { Image, ImageDescription, ImageSource, ListedImage } from '../content/image.ts';
import type { ContentReader } from '../content/content.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { readLabels } from '../content/read-labels.ts';
import { digestOf } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { estimateImage } from './estimate-image.ts';
import { cachedLayers, imageOf, layersAtHand, readDockerItem } from './docker-view.ts';
import type { IngestTarget } from './ingest-layer.ts';
import type { ArchivedImage, ArchiveListing } from './list-archive.ts';
import { readerOfArchive, takeBlobs } from './oci-view.ts';
import { requireOneReading } from './require-one-reading.ts';

/** A name in an archive, and how the archive describes it. */
export type ListedArchiveImage = ListedImage & ArchivedImage;

/** The images of an opened archive as a source; what must be encoded or unpacked goes into the cache of `target`. */
export function archiveSource(
  files: ArchiveFiles,
  listing: ArchiveListing,
  target: IngestTarget,
): ImageSource<ListedArchiveImage> {
  let documents: Promise<ContentReader> | undefined;
  const opened: Opened = {
    files,
    target,
    documents: async () => (documents ??= readerOfArchive(files)),
  };
  return {
    list: async () => ({
      images: listing.images.map((image) => ({
        ...image,
        labels: async (options) => labelsOf(opened, image, options),
        ...(image.view === 'oci' ? { identity: async () => ({ root: image.root.digest }) } : {}),
      })),
      skipped: listing.skipped,
    }),
    resolve: async (images, options) => resolveImages(opened, images, options),
    describe: async (images, options) =>
      mapLimited(images, async (image, call) => describeImage(opened, image, call), options),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Opened {
  readonly files: ArchiveFiles;
  readonly target: IngestTarget;
  /** Reads what is at hand without taking layers out; made once. */
  readonly documents: () => Promise<ContentReader>;
}

async function resolveImages(
  { files, target, documents }: Opened,
  images: readonly ArchivedImage[],
  options: OperationOptions = {},
): Promise<readonly Image[]> {
  const read = { files, documents: await documents() };
  for (const image of images) await requireOneReading(image, read, options);
  const roots = images.flatMap((image) => (image.view === 'oci' ? [image.root] : []));
  if (!files.seekable && roots.length > 0)
    await takeBlobs(files, { roots, cache: target.cache }, options);
  const content = files.seekable ? read.documents : await readerOfArchive(files, target.cache);
  const items = await mapLimited(
    images,
    async (image) =>
      image.view === 'docker' ? readDockerItem(files, image.item, image.reference) : undefined,
    options,
  );
  const known = items.filter((item) => item !== undefined);
  const atHand = await layersAtHand(files, { items: known, target }, options);
  return images.map((image, position) => {
    const item = items[position];
    if (item !== undefined) return imageOf(item, atHand, target);
    if (image.view !== 'oci') throw new Error('an image is of one view or the other');
    return { reference: image.reference, root: image.root, content };
  });
}

async function describeImage(
  { files, target, documents }: Opened,
  image: ArchivedImage,
  options: OperationOptions = {},
): Promise<ImageDescription> {
  const read = { files, documents: await documents() };
  await requireOneReading(image, read, options);
  if (image.view === 'oci')
    return { graph: await readImageGraph(image.root, read.documents, options) };
  const item = await readDockerItem(files, image.item, image.reference);
  const cached = await cachedLayers(files, item, target);
  if (cached !== undefined) return describeExactly(imageOf(item, cached, target), options);
  const layers = item.layers.map((name, position) => ({
    diffId: item.diffIds[position],
    plainSize: files.size(name) ?? 0,
  }));
  return { estimate: await estimateImage({ config: item.config, layers }, target) };
}

async function describeExactly(
  { root, content, uncompressedSizes }: Image,
  options: OperationOptions,
): Promise<ImageDescription> {
  return { graph: await readImageGraph(root, content, options), uncompressedSizes };
}

async function labelsOf(
  { files, documents }: Opened,
  image: ArchivedImage,
  options?: OperationOptions,
): Promise<Readonly<Record<string, string>>> {
  if (image.view === 'oci') return readLabels(image.root, await documents(), options);
  const { config } = await readDockerItem(files, image.item, image.reference);
  return parseImageConfig(config, digestOf(config)).labels;
}
