import type { Image } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import { isAirkitError } from '../../errors.ts';
import { synthesizeImage } from '../../image-archive/synthesize-image.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import type { LayerRecord } from '../../content/cache.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { MEDIA_TYPES } from '../../oci/media-types.ts';
import type { Engine } from './engine.ts';
import { storedImage } from './stored-image.ts';

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
      ? await storedImage({ id, engine, cache: target.cache })
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
