import type { HeldContent } from '../content/held-content.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { chainIds } from '../oci/image-config.ts';
import {
  carriedDescriptors,
  carryManifests,
  type GraphManifest,
  type ImageGraph,
} from '../oci/image-graph.ts';
import { samePlatform } from '../oci/platform.ts';
import { referrerBlobs } from '../oci/referrer.ts';

/** Blobs that are not held, each once, and their bytes. */
export interface MissingContent {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * What would have to travel for some images and their referrers: a layer does not when its blob is held, or, unless blobs
 * are needed, its whole stack is there unpacked. An engine takes the platform that it runs, a store takes all.
 */
export function missingContent(graphs: readonly ImageGraph[], held: HeldContent): MissingContent {
  const missing = new Map<Digest, number>();
  for (const { digest, size } of graphs.flatMap((graph) => wanted(graph, held))) {
    if (!held.blobs.has(digest)) missing.set(digest, size);
  }
  const bytes = [...missing.values()].reduce((sum, size) => sum + size, 0);
  return { blobs: missing.size, bytes };
}

function wanted(graph: ImageGraph, held: HeldContent): Descriptor[] {
  const taken = takenManifests(graph, held);
  const referrers = (graph.referrers ?? []).flatMap(referrerBlobs);
  if (held.needsBlobs === true) {
    const carried = carryManifests(graph, (manifest) => taken.includes(manifest));
    return [...carriedDescriptors(carried), ...referrers];
  }
  return [
    ...graph.indexes,
    ...taken.flatMap(({ descriptor, config }) => [descriptor, config]),
    ...taken.flatMap((manifest) => missingLayers(manifest, held)),
    ...referrers,
  ];
}

function takenManifests(
  { manifests }: ImageGraph,
  { platform: runs }: HeldContent,
): GraphManifest[] {
  const carried = manifests.filter(({ isHeld }) => isHeld);
  const own = carried.filter(
    ({ isImage, platform }) => isImage && runs !== undefined && samePlatform(platform, runs),
  );
  return own.length > 0 ? own : carried;
}

function missingLayers({ layers }: GraphManifest, { chainIds: known }: HeldContent): Descriptor[] {
  const diffIds = layers.flatMap(({ diffId }) => (diffId === undefined ? [] : [diffId]));
  if (diffIds.length < layers.length) return layers.map(({ descriptor }) => descriptor);
  const chains = chainIds(diffIds);
  const isKnown = (chain: Digest | undefined): boolean => chain !== undefined && known.has(chain);
  return layers
    .filter((_, position) => !isKnown(chains[position]))
    .map(({ descriptor }) => descriptor);
}
