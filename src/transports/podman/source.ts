import { AirkitError, isAirkitError } from '../../errors.ts';
import { expectLayers, reportBytes } from '../../content/count-bytes.ts';
import type {
  Image,
  ImageDescription,
  ImageSource,
  LayerFacts,
  ListedImage,
} from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { estimateFromFacts } from '../../image-archive/estimate-image.ts';
import { layersOfHistory } from '../../image-archive/history-sizes.ts';
import { imageFromCache } from '../../image-archive/image-from-cache.ts';
import { ingestDockerExport } from '../../image-archive/ingest-docker-export.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference, type Reference } from '../../oci/reference.ts';
import { openPodman } from './find-podman.ts';
import { listNames, pinImages } from './list-names.ts';
import type { Podman, PodmanEnvironment, PodmanImage } from './podman.ts';

/** A name in podman. */
export interface ListedPodmanName extends ListedImage {
  readonly id: Digest;
}

/** Image IDs in one export; podman writes each layer that they share once. */
const IDS_PER_EXPORT = 200;

/**
 * The images of a podman, over its socket or its command. It keeps layers unpacked, so what it exports has the image
 * IDs of the originals but not their digests. Exports go into the cache of `target`, once.
 *
 * @throws AirkitError SOURCE_FAILED when there is no podman, USAGE, UNSUPPORTED for addresses of other machines
 */
export async function openPodmanSource(
  {
    environment,
    target,
  }: { readonly environment: PodmanEnvironment; readonly target: IngestTarget },
  options: OperationOptions = {},
): Promise<ImageSource<ListedPodmanName>> {
  const podman = await openPodman({ environment, side: 'source' }, options);
  const opened: Opened = { podman, target };
  return {
    list: async (call) => listNames(podman, call),
    pin: async (images, call) => pinImages(podman, images, call),
    resolve: async (images, call) => resolveImages(opened, images, call),
    describe: async (images, call) =>
      mapLimited(images, async (image, one) => describeImage(opened, image, one), call),
    [Symbol.asyncDispose]: async () => podman[Symbol.asyncDispose](),
  };
}

interface Opened {
  readonly podman: Podman;
  readonly target: IngestTarget;
}

async function resolveImages(
  { podman, target }: Opened,
  images: readonly ListedPodmanName[],
  options: OperationOptions = {},
): Promise<readonly Image[]> {
  const missing: Digest[] = [];
  for (const id of new Set(images.map((image) => image.id))) {
    if ((await knownImage(id, target)) === undefined) missing.push(id);
  }
  await exportIntoCache({ podman, target }, missing, options);
  return mapLimited(
    images,
    async ({ id, reference }) => {
      const image = await knownImage(id, target);
      if (image === undefined) throw notExported(reference, id);
      return { ...image, reference };
    },
    options,
  );
}

/** What the cache holds of an image is taken only when all of it is sound. */
async function knownImage(
  id: Digest,
  target: IngestTarget,
): Promise<Omit<Image, 'reference'> | undefined> {
  try {
    return await imageFromCache(id, target);
  } catch (error) {
    if (isAirkitError(error, 'CACHE_DAMAGED', 'CONTENT_INVALID', 'DIGEST_MISMATCH', 'BLOB_MISSING'))
      return undefined;
    throw error;
  }
}

async function exportIntoCache(
  { podman, target }: Opened,
  ids: readonly Digest[],
  options: OperationOptions,
): Promise<void> {
  if (ids.length === 0) return;
  const images = [...(await podman.inspect(ids, options)).values()];
  const layers = await mapLimited(
    images,
    async (image) => layersOf(podman, image, options),
    options,
  );
  options.onProgress?.({ kind: 'phase', phase: 'export' });
  expectLayers(layers.flat(), options);
  for (let start = 0; start < ids.length; start += IDS_PER_EXPORT) {
    const batch = ids.slice(start, start + IDS_PER_EXPORT);
    const bytes = reportBytes(podman.save(batch, options), options);
    await ingestDockerExport({ bytes, path: 'podman export', target }, options);
  }
}

async function describeImage(
  { podman, target }: Opened,
  { id, reference }: ListedPodmanName,
  options?: OperationOptions,
): Promise<ImageDescription> {
  const known = await knownImage(id, target);
  if (known !== undefined) {
    const { root, content, uncompressedSizes } = known;
    return { graph: await readImageGraph(root, content, options), uncompressedSizes };
  }
  const image = (await podman.inspect([id], options)).get(id);
  if (image === undefined) throw notExported(reference, id);
  const layers = await layersOf(podman, image, options);
  const platform = formatPlatform(image.platform);
  return {
    estimate: await estimateFromFacts(
      { imageId: id, platform, configSize: undefined, layers },
      target,
    ),
  };
}

async function layersOf(
  podman: Podman,
  image: PodmanImage,
  options?: OperationOptions,
): Promise<LayerFacts[]> {
  const sizes = await historySizes(podman, image, options);
  return layersOfHistory({ diffIds: image.diffIds, sizes, total: image.size });
}

/** Podman's API fails on the history of an image that does not say when it was made (seen in 4.3). */
async function historySizes(
  podman: Podman,
  { id }: PodmanImage,
  options?: OperationOptions,
): Promise<number[]> {
  try {
    return await podman.historySizes(id, options);
  } catch (error) {
    options?.signal?.throwIfAborted();
    if (isAirkitError(error, 'SOURCE_FAILED')) return [];
    throw error;
  }
}

function notExported(reference: Reference, id: Digest): AirkitError {
  const name = formatReference(reference);
  return new AirkitError(
    'SOURCE_FAILED',
    `podman: neither it nor the cache has all of ${name} (${id})`,
    {
      hint: 'The image may have been removed or tagged anew meanwhile, or the cache pruned: run the command again.',
      context: { reference: name, digest: id },
    },
  );
}
