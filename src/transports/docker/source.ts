import { AirkitError } from '../../errors.ts';
import type { Image, ImageDescription, ImageSource, LayerFacts } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { estimateFromFacts } from '../../image-archive/estimate-image.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { by } from '../../oci/compare.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/reference.ts';
import type { EngineLocation } from './connect.ts';
import {
  inspectEngineImage,
  listEngineImages,
  openEngine,
  type Engine,
  type EngineImage,
} from './engine.ts';
import { exportIntoCache } from './export-images.ts';
import { cachedImage } from './cached-image.ts';
import { layerSizes } from './layer-sizes.ts';
import { listedImage, pinImage, type ListedEngineImage } from './listed-image.ts';
import { exportedImage } from './stored-image.ts';

/**
 * The images of a Docker engine. What must be exported is exported once, into the cache of `target`; the next time
 * it comes from there.
 *
 * @throws AirkitError SOURCE_FAILED when the engine does not answer
 */
export async function openDockerSource(
  { target, ...location }: EngineLocation & { readonly target: IngestTarget },
  options: OperationOptions = {},
): Promise<ImageSource<ListedEngineImage>> {
  const engine = await openEngine({ ...location, side: 'source' }, options);
  const opened: Opened = { engine, target, layers: new Map() };
  return {
    list: async () => listNames(engine, await listEngineImages(engine)),
    pin: async (images, call) => mapLimited(images, async (image) => pinImage(engine, image), call),
    resolve: async (images, call) => resolveImages(opened, images, call),
    describe: async (images, call) =>
      mapLimited(images, async (image, one) => describeImage(opened, image, one), call),
    [Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
  };
}

interface Opened {
  readonly engine: Engine;
  readonly target: IngestTarget;
  /** Of the images that have been described and are yet to be exported. */
  readonly layers: Map<Digest, readonly LayerFacts[]>;
}

function listNames(
  engine: Engine,
  found: readonly EngineImage[],
): { images: ListedEngineImage[]; skipped: string[] } {
  const images: ListedEngineImage[] = [];
  const skipped: string[] = [];
  for (const image of found) {
    const { references, unusable } = namesOf(engine, image);
    skipped.push(...unusable);
    const { id, labels } = image;
    for (const reference of references)
      images.push(listedImage(engine, { reference, id, labels: async () => labels }));
  }
  return { images: images.toSorted(by(({ reference }) => formatReference(reference))), skipped };
}

/** An image without a tag has its digests for names; the classic store cannot give their bytes back. */
function namesOf(
  engine: Engine,
  image: EngineImage,
): { references: Reference[]; unusable: string[] } {
  const tags = image.repoTags.filter((tag) => !tag.includes('@'));
  if (tags.length > 0) return { references: tags.map(parseReference), unusable: [] };
  const references = image.repoDigests.map(parseReference);
  const usable = references.filter(
    ({ digest }) => engine.facts.hasContainerdStore && digest === image.id,
  );
  const unusable =
    usable.length > 0
      ? []
      : references.map(
          (reference) =>
            `docker: ${formatReference(reference)} has no tag, and this image store does not keep the bytes behind its digest`,
        );
  return { references: usable, unusable };
}

async function resolveImages(
  { engine, target, layers }: Opened,
  images: readonly ListedEngineImage[],
  options: OperationOptions = {},
): Promise<readonly Image[]> {
  const missing: Digest[] = [];
  for (const id of new Set(images.map((image) => image.id))) {
    if ((await cachedImage({ id, engine, target })) === undefined) missing.push(id);
  }
  await requireExportable(engine, missing);
  const exportable = await mapLimited(
    missing,
    async (id) => ({ id, layers: layers.get(id) ?? (await knownLayers(engine, id)) }),
    options,
  );
  const exported = await exportIntoCache({ engine, target, images: exportable }, options);
  return mapLimited(
    images,
    async ({ id, reference }) => {
      const isNew = engine.facts.hasContainerdStore && missing.includes(id);
      const image = isNew
        ? await exportedImage({ id, engine, cache: target.cache }, exported)
        : await cachedImage({ id, engine, target });
      if (image === undefined) throw notExported(reference, id);
      return { ...image, reference };
    },
    options,
  );
}

/** Layers and their sizes as the classic store exports them; how the containerd store has them it does not tell. */
async function knownLayers(engine: Engine, id: Digest): Promise<readonly LayerFacts[]> {
  if (engine.facts.hasContainerdStore) return [];
  const image = await inspectEngineImage(engine, id);
  return image === undefined ? [] : layerSizes(engine, image);
}

async function describeImage(
  { engine, target, layers: known }: Opened,
  { id, reference }: ListedEngineImage,
  options?: OperationOptions,
): Promise<ImageDescription> {
  const cached = await cachedImage({ id, engine, target });
  if (cached !== undefined) {
    const { root, content, uncompressedSizes } = cached;
    return { graph: await readImageGraph(root, content, options), uncompressedSizes };
  }
  const inspected = await inspectEngineImage(engine, id);
  if (inspected === undefined) throw notExported(reference, id);
  const layers = await layerSizes(engine, inspected);
  known.set(id, layers);
  const facts = {
    imageId: id,
    platform: formatPlatform(inspected.platform),
    configSize: undefined,
    layers,
  };
  return { estimate: await estimateFromFacts(facts, target) };
}

/** The classic store cannot export an image without layers, and refuses the whole request (moby image/tarexport). */
async function requireExportable(engine: Engine, ids: readonly Digest[]): Promise<void> {
  if (engine.facts.hasContainerdStore) return;
  for (const id of ids) {
    const inspected = await inspectEngineImage(engine, id);
    if (inspected !== undefined && inspected.diffIds.length > 0) continue;
    throw new AirkitError(
      'UNSUPPORTED',
      `docker: the image ${id} has no layers, and this engine cannot export such an image`,
      {
        hint: 'Leave it out with exclude, or take it from a registry.',
        context: { digest: id },
      },
    );
  }
}

function notExported(reference: Reference, id: string): AirkitError {
  return new AirkitError(
    'SOURCE_FAILED',
    `docker: neither the engine nor the cache has all of ${formatReference(reference)} (${id})`,
    {
      hint: 'The image may have been removed or tagged anew meanwhile, or the cache pruned: run the command again.',
      context: { reference: formatReference(reference), digest: isDigest(id) ? id : '' },
    },
  );
}
