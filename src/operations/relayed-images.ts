import { describeImage } from '../archive/describe-image.ts';
import { formatBundleIndex } from '../archive/bundle-index.ts';
import { missingBlob } from '../content/blob-folder.ts';
import type { ContentReader } from '../content/content.ts';
import type { ImageDescription, ImageEstimate } from '../content/image.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { layerMediaType, MEDIA_TYPES } from '../oci/media-types.ts';
import { parsePlatform } from '../oci/platform.ts';
import { imageSetHeader, nameImageSet } from './image-set.ts';
import type { Host } from './host.ts';
import type { LoadableImages } from './open-loadable.ts';

/** An image that an engine has, by metadata alone. */
export interface RelayedImage {
  /** Canonical, before and after `rename`. */
  readonly original: string;
  readonly reference: string;
  readonly pattern: string;
  readonly description: ImageDescription;
}

/**
 * Images of a classic Docker store as a load takes them, for a target that is given the engine's own export: what they
 * consist of is known, their bytes are not at hand. Such a store has no manifests, so the root is the config.
 *
 * @param from the source's name
 */
export function relayedImages(
  host: Host,
  images: readonly RelayedImage[],
  from: string,
): LoadableImages {
  const read = images.map((image) => ({ ...image, ...graphOf(image.description) }));
  const described = read.map(({ reference, original, pattern, graph, sizes }) =>
    describeImage({ reference, original, from, pattern }, graph, sizes),
  );
  const set = nameImageSet(
    described.map(({ reference, root }) => ({ reference, id: root.digest })),
  );
  const header = imageSetHeader(host, set, 'none');
  const index = { ...header, images: described, members: [], absent: [] };
  return {
    index,
    indexBytes: formatBundleIndex(index),
    graphs: new Map(read.map(({ reference, graph }) => [reference, graph])),
    content: NOTHING,
    signers: [],
    warnings: [],
    damaged: new Map(),
    notAtHand: new Map(),
  };
}

interface ReadImage {
  readonly graph: ImageGraph;
  readonly sizes?: ReadonlyMap<Digest, number> | undefined;
}

function graphOf(description: ImageDescription): ReadImage {
  if ('graph' in description)
    return { graph: description.graph, sizes: description.uncompressedSizes };
  const { estimate } = description;
  // Only what does not exist yet has none: snapshots are not relayed.
  if (estimate.imageId === undefined) throw new Error('an image of an engine has no ID');
  return estimatedGraph({ ...estimate, imageId: estimate.imageId });
}

function estimatedGraph({
  imageId,
  platform,
  layers: facts,
}: ImageEstimate & { readonly imageId: Digest }): ReadImage {
  const config: Descriptor = { mediaType: MEDIA_TYPES.ociConfig, digest: imageId, size: 0 };
  const layers = facts.flatMap(({ diffId, plainSize }) =>
    diffId === undefined
      ? []
      : [
          {
            descriptor: { mediaType: layerMediaType('none'), digest: diffId, size: plainSize },
            diffId,
          },
        ],
  );
  const manifest = {
    descriptor: config,
    platform: parsePlatform(platform),
    config,
    layers,
    isImage: true,
    isHeld: true,
  };
  return {
    graph: { root: config, indexes: [], manifests: [manifest], absentManifests: [] },
    sizes: new Map(layers.map(({ diffId, descriptor }) => [diffId, descriptor.size])),
  };
}

const NOTHING: ContentReader = {
  has: async () => false,
  // oxlint-disable-next-line require-yield -- a stream that fails when it is read
  fetch: async function* (target) {
    throw missingBlob(target, 'an engine that is relayed');
  },
};
