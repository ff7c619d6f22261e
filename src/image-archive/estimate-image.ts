import type { Buffer } from 'node:buffer';
import type { BlobEstimate, ImageEstimate, LayerFacts } from '../content/image.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { IngestTarget } from './ingest-layer.ts';

/** Frames of data that does not compress, and tar headers that a size does not count, add to a layer. */
const BOUND_FACTOR = 1.05;
const BOUND_BYTES = 64 * 1024;
/** A manifest airkit makes holds this many bytes per layer, and as many once more. */
const MANIFEST_BYTES_PER_LAYER = 256;

/** What an image will take in the kit whose manifest airkit makes: from its config and the sizes of its layers. */
export async function estimateImage(
  { config, layers }: { readonly config: Buffer; readonly layers: readonly LayerFacts[] },
  target: IngestTarget,
): Promise<ImageEstimate> {
  const imageId = digestOf(config);
  const platform = formatPlatform(parseImageConfig(config, imageId).platform);
  return estimateFromFacts({ imageId, platform, configSize: config.byteLength, layers }, target);
}

export interface ImageFacts {
  readonly imageId: Digest;
  readonly platform: string;
  /** Bytes of the config; undefined when only its digest is known. */
  readonly configSize: number | undefined;
  readonly layers: readonly LayerFacts[];
}

/** {@link estimateImage} for an engine that tells an image's ID but not its config. */
export async function estimateFromFacts(
  facts: ImageFacts,
  target: IngestTarget,
): Promise<ImageEstimate> {
  const { imageId, platform, configSize } = facts;
  const layers = await Promise.all(facts.layers.map(async (layer) => estimateLayer(layer, target)));
  const manifestSize = MANIFEST_BYTES_PER_LAYER * (layers.length + 1);
  return {
    platform,
    imageId,
    layers: facts.layers,
    blobs: [
      {
        key: imageId,
        kind: 'config',
        size: configSize ?? BOUND_BYTES,
        exact: configSize !== undefined,
      },
      { key: `manifest of ${imageId}`, kind: 'manifest', size: manifestSize, exact: false },
      ...layers,
    ],
  };
}

async function estimateLayer(
  { diffId, plainSize }: LayerFacts,
  { cache, encoder }: IngestTarget,
): Promise<BlobEstimate> {
  const record = diffId === undefined ? undefined : await cache.findLayer(diffId, encoder.id);
  if (record !== undefined) {
    return {
      key: record.descriptor.digest,
      kind: 'layer',
      size: record.descriptor.size,
      exact: true,
    };
  }
  return {
    key: diffId ?? 'unknown layer',
    kind: 'layer',
    size: Math.ceil(plainSize * BOUND_FACTOR) + BOUND_BYTES,
    exact: false,
  };
}
