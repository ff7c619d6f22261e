import { bareDescriptor, type Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { GraphLayer, GraphManifest, ImageGraph } from '../oci/image-graph.ts';
import { normalizePlatform } from '../oci/platform.ts';
import { describeReferrer, sortReferrers } from '../oci/referrer.ts';
import type { BundleImage, BundleLayer, BundleManifest } from './bundle-index.ts';

/** What a bundle index says of an image beside its graph. */
export interface ImageNames {
  /** Canonical, after `rename`. */
  readonly reference: string;
  /** Canonical, before it. */
  readonly original: string;
  /** The selector's text. */
  readonly from: string;
  readonly pattern: string;
}

/** The entry of a bundle index for an image: a function of its documents, so that verification can repeat it. */
export function describeImage(
  names: ImageNames,
  graph: ImageGraph,
  uncompressedSizes: ReadonlyMap<Digest, number> = new Map(),
): BundleImage {
  return {
    ...names,
    root: bareDescriptor(graph.root),
    manifests: graph.manifests.map((manifest) => describeManifest(manifest, uncompressedSizes)),
    referrers: sortReferrers(graph.referrers ?? []).map(describeReferrer),
  };
}

function describeManifest(
  manifest: GraphManifest,
  sizes: ReadonlyMap<Digest, number>,
): BundleManifest {
  return {
    descriptor: bareDescriptor(manifest.descriptor),
    platform: normalizePlatform(manifest.platform),
    config: bareDescriptor(manifest.config),
    layers: manifest.layers.map((layer) => describeLayer(layer, sizes)),
  };
}

function describeLayer(
  { descriptor, diffId }: GraphLayer,
  sizes: ReadonlyMap<Digest, number>,
): BundleLayer {
  const size = diffId === undefined ? undefined : sizes.get(diffId);
  return {
    descriptor: bareDescriptor(descriptor),
    ...(diffId === undefined ? {} : { diffID: diffId }),
    ...(size === undefined ? {} : { uncompressedSize: size }),
  };
}

/** All descriptors that an image of a bundle index names: root, manifests, configs, layers, referrers. */
export function descriptorsOf(image: BundleImage): Descriptor[] {
  return [
    image.root,
    ...image.manifests.flatMap(({ descriptor, config, layers }) => [
      descriptor,
      config,
      ...layers.map((layer) => layer.descriptor),
    ]),
    ...image.referrers,
  ];
}
