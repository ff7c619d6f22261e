import type { Image } from '../../content/image.ts';
import { isAirkitError } from '../../errors.ts';
import { imageFromCache } from '../../image-archive/image-from-cache.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import type { Digest } from '../../oci/digest.ts';
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
      : await imageFromCache(id, target);
  } catch (error) {
    if (isAirkitError(error, 'CACHE_DAMAGED', 'CONTENT_INVALID', 'DIGEST_MISMATCH', 'BLOB_MISSING'))
      return undefined;
    throw error;
  }
}
