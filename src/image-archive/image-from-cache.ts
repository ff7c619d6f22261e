import type { LayerRecord } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import { readDocument } from '../content/read-document.ts';
import type { Digest } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { MEDIA_TYPES } from '../oci/media-types.ts';
import type { IngestTarget } from './ingest-layer.ts';
import { synthesizeImage } from './synthesize-image.ts';

/**
 * The image without its name, for engines whose image ID is the config's digest: its layers are found by their diffIDs.
 * Undefined when the cache lacks something.
 *
 * @throws AirkitError CACHE_DAMAGED, CONTENT_INVALID, DIGEST_MISMATCH, BLOB_MISSING
 */
export async function imageFromCache(
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
    cache,
  });
  return { root, content, uncompressedSizes };
}
