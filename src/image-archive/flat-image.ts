import type { LayerRecord } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import { formatFlatConfig, type RuntimeConfig } from '../oci/runtime-config.ts';
import type { IngestTarget } from './ingest-layer.ts';
import { synthesizeImage } from './synthesize-image.ts';

/** All that a flattened image says beside its one layer. */
export interface FlatImageFacts {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly runtime: RuntimeConfig;
  /** RFC 3339, from SOURCE_DATE_EPOCH; absent: the config tells no time. */
  readonly created?: string | undefined;
}

/** The image of a file system: one layer, no history. The same facts and bytes give the same image. */
export function flatImage(
  { reference, ...facts }: FlatImageFacts,
  layer: LayerRecord,
  { cache }: IngestTarget,
): Image {
  const config = formatFlatConfig({ ...facts, diffId: layer.diffId });
  return synthesizeImage({ reference, config, layers: [layer], cache });
}
