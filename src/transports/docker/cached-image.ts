import type { Image } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { isAirkitError } from '../../errors.ts';
import { synthesizeImage } from '../../image-archive/synthesize-image.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import type { LayerRecord } from '../../content/cache.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { asString, parseJsonObject } from '../../oci/json.ts';
import { MEDIA_TYPES } from '../../oci/media-types.ts';
import type { Engine } from './engine.ts';

export interface CachedImageQuery {
  readonly id: Digest;
  readonly engine: Engine;
  readonly target: IngestTarget;
}

/** The image without its name, when the cache holds all of it; undefined when something must be exported. */
export async function cachedImage({
  id,
  engine,
  target,
}: CachedImageQuery): Promise<Omit<Image, 'reference'> | undefined> {
  try {
    return engine.facts.hasContainerdStore
      ? await storedImage(id, target)
      : await classicImage(id, target);
  } catch (error) {
    if (isAirkitError(error, 'CACHE_DAMAGED', 'CONTENT_INVALID', 'DIGEST_MISMATCH', 'BLOB_MISSING'))
      return undefined;
    throw error;
  }
}

/** Classic store: the ID is the config's digest, the layers are found by their diffIDs. */
async function classicImage(
  id: Digest,
  { cache, encoder }: IngestTarget,
): Promise<Omit<Image, 'reference'> | undefined> {
  const size = await cache.sizeOf(id);
  if (size === undefined) return undefined;
  const config = await readDocument(cache, { mediaType: MEDIA_TYPES.ociConfig, digest: id, size });
  const layers: LayerRecord[] = [];
  for (const diffId of parseImageConfig(config, id).diffIds) {
    const record = await cache.findLayer(diffId, encoder.id);
    if (record === undefined) return undefined;
    layers.push(record);
  }
  const { root, content, uncompressedSizes } = synthesizeImage({
    reference: { registry: '', repository: '' },
    config,
    layers,
    content: cache,
  });
  return { root, content, uncompressedSizes };
}

/** Containerd store: the ID is the root's digest, and the bytes are the ones that were pulled. */
async function storedImage(
  id: Digest,
  { cache }: IngestTarget,
): Promise<Omit<Image, 'reference'> | undefined> {
  const size = await cache.sizeOf(id);
  if (size === undefined) return undefined;
  const root = await describeRoot({ mediaType: '', digest: id, size }, { cache });
  const { manifests } = await readImageGraph(root, cache);
  return manifests.some(({ isImage, isHeld }) => isImage && isHeld)
    ? { root, content: cache }
    : undefined;
}

/** A root of which the bytes are cached but not the media type: documents name their own. */
async function describeRoot(
  target: Descriptor,
  { cache }: Pick<IngestTarget, 'cache'>,
): Promise<Descriptor> {
  const document = parseJsonObject(await readDocument(cache, target), { where: target.digest });
  const fallback = 'manifests' in document ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
  return { ...target, mediaType: asString(document['mediaType'] ?? fallback, target.digest) };
}
