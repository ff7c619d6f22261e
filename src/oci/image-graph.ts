import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { formatPlatform, type Platform } from './platform.ts';
import type { Referrer } from './referrer.ts';

/** A layer in its role in a manifest. */
export interface GraphLayer {
  readonly descriptor: Descriptor;
  /** Digest of the uncompressed layer; artifacts have none. */
  readonly diffId?: Digest | undefined;
}

/** A manifest of an image, read. */
export interface GraphManifest {
  readonly descriptor: Descriptor;
  /** The index's word where there is one, else the config's. */
  readonly platform: Platform;
  readonly config: Descriptor;
  readonly layers: readonly GraphLayer[];
  /** False for attestations and other artifacts, which no engine runs. */
  readonly isImage: boolean;
  /** True when the source holds every layer. */
  readonly isHeld: boolean;
  /** For attestations: the manifest that they speak of. */
  readonly attests?: string | undefined;
}

/** All documents that a root reaches: pure data, read once. */
export interface ImageGraph {
  readonly root: Descriptor;
  /** The root itself when it is an index, and indexes below it. */
  readonly indexes: readonly Descriptor[];
  readonly manifests: readonly GraphManifest[];
  /** Children of an index that the source does not hold. */
  readonly absentManifests: readonly Descriptor[];
  /** What refers to its documents, and to one another; set where somebody asked for them. */
  readonly referrers?: readonly Referrer[] | undefined;
}

/** What of a graph travels. */
export interface CarriedGraph extends ImageGraph {
  /** Manifests whose layers travel, in the order of their index. */
  readonly carried: readonly GraphManifest[];
  /** Layers and manifests that stay behind. */
  readonly absent: readonly Descriptor[];
}

/** Platforms of the manifests that engines can run. */
export function imagePlatforms(graph: ImageGraph): string[] {
  return graph.manifests
    .filter(({ isImage }) => isImage)
    .map(({ platform }) => formatPlatform(platform));
}

/** Platforms that can be run from what is at hand. */
export function heldPlatforms(graph: ImageGraph): string[] {
  const held = graph.manifests.filter(({ isImage, isHeld }) => isImage && isHeld);
  return held.length === 0 ? ['no platform'] : held.map(({ platform }) => formatPlatform(platform));
}

/**
 * Splits a graph into what travels and what stays. Documents always travel: an index that lost a child manifest can no
 * longer be imported whole by containerd.
 *
 * @param isCarried decides for runnable manifests; attestations follow the manifest that they attest.
 */
export function carryManifests(
  graph: ImageGraph,
  isCarried: (manifest: GraphManifest) => boolean,
): CarriedGraph {
  const images = new Set(
    graph.manifests.filter((manifest) => manifest.isImage && isCarried(manifest)),
  );
  const digests = new Set([...images].map(({ descriptor }) => descriptor.digest as string));
  const carried = graph.manifests.filter(
    (manifest) =>
      images.has(manifest) ||
      (!manifest.isImage && digests.has(manifest.attests ?? '')) ||
      isLoneArtifact(graph, manifest),
  );
  const kept = new Set(
    carried.flatMap(({ layers }) => layers.map(({ descriptor }) => descriptor.digest)),
  );
  const left = new Map<Digest, Descriptor>();
  for (const { layers } of graph.manifests) {
    for (const { descriptor } of layers)
      if (!kept.has(descriptor.digest)) left.set(descriptor.digest, descriptor);
  }
  for (const descriptor of graph.absentManifests) left.set(descriptor.digest, descriptor);
  return { ...graph, carried, absent: [...left.values()] };
}

/** An artifact outside an index, or one in an index that attests nothing, travels as it is. */
function isLoneArtifact(graph: ImageGraph, manifest: GraphManifest): boolean {
  if (manifest.isImage) return false;
  return graph.indexes.length === 0 || manifest.attests === undefined;
}

/** Documents that referrers of an image may be attached to, beside other referrers. */
export function subjectsOf({ root, indexes, manifests }: ImageGraph): Descriptor[] {
  const all = [root, ...indexes, ...manifests.map(({ descriptor }) => descriptor)];
  return [...new Map(all.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** Documents that referrers of what travels may be attached to: the root, its indexes, manifests that are carried. */
export function carriedSubjects({ root, indexes, carried }: CarriedGraph): Descriptor[] {
  const isRootCarried = indexes.length > 0 || carried.length > 0;
  const all = [...indexes, ...carried.map(({ descriptor }) => descriptor)];
  return isRootCarried ? all : [root];
}

/** What of a graph is at hand, documents first: each digest once. Referrers are not among it. */
export function heldDescriptors(graph: ImageGraph): Descriptor[] {
  return carriedDescriptors({ ...graph, carried: graph.manifests });
}

/** What of a graph travels and is at hand, documents of all manifests first: each digest once. */
export function carriedDescriptors({
  indexes,
  manifests,
  carried,
}: Omit<CarriedGraph, 'absent'>): Descriptor[] {
  const all = [
    ...indexes,
    ...manifests.flatMap(({ descriptor, config }) => [descriptor, config]),
    ...carried
      .filter(({ isHeld }) => isHeld)
      .flatMap(({ layers }) => layers.map((layer) => layer.descriptor)),
  ];
  return [...new Map(all.map((descriptor) => [descriptor.digest, descriptor])).values()];
}
