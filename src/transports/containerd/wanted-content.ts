import type { TargetImage } from '../../content/image.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import {
  carriedDescriptors,
  carryManifests,
  heldPlatforms,
  type GraphManifest,
  type ImageGraph,
} from '../../oci/image-graph.ts';
import { formatPlatform, samePlatform, type Platform } from '../../oci/platform.ts';

/** What of an image goes into containerd, and how. */
export interface WantedContent {
  /** Documents first; each digest once. */
  readonly blobs: readonly Descriptor[];
  /** `all`: ctr keeps every child of the index. Else it keeps the one platform, by default its own. */
  readonly platforms: 'all' | 'own' | Platform;
  /** True when the platform that containerd runs is among it. */
  readonly unpacks: boolean;
}

/**
 * Chooses the platform that containerd runs, or those that a person asked for. An image that is no index may be for any
 * platform, as ctr takes it. Documents of all platforms go along, since ctr keeps an index only with its children.
 *
 * @returns why the image cannot be imported, as text, where it cannot
 */
export function wantedContent(
  { graph, platforms: asked }: TargetImage,
  own: Platform,
): WantedContent | string {
  const held = graph.manifests.filter(({ isImage, isHeld }) => isImage && isHeld);
  if (graph.indexes.length === 0 && held.length > 0)
    return { blobs: unique(held.flatMap(allOf)), platforms: 'own', unpacks: true };
  const accepted = asked ?? [own];
  const chosen = held.filter(({ platform }) => accepted.some((one) => samePlatform(one, platform)));
  const unpacks = chosen.some(({ platform }) => samePlatform(platform, own));
  const [first] = chosen;
  if (first === undefined) return notHeld(graph, accepted, own);
  const carried = carryManifests(graph, (manifest) => chosen.includes(manifest));
  if (graph.absentManifests.length === 0)
    return { blobs: carriedDescriptors(carried), platforms: 'all', unpacks };
  // ctr refuses --all-platforms when a child manifest is missing: "content digest …: not found".
  if (chosen.length > 1)
    return 'its index lacks manifests of other platforms, so containerd takes only one platform of it';
  const blobs = unique([...graph.indexes, ...allOf(first)]);
  return { blobs, platforms: unpacks ? 'own' : first.platform, unpacks };
}

function notHeld(graph: ImageGraph, accepted: readonly Platform[], own: Platform): string {
  const wish = accepted.map(formatPlatform).join(', ');
  const [only] = accepted;
  const isOwn = accepted.length === 1 && only !== undefined && samePlatform(only, own);
  return `the kit holds it for ${heldPlatforms(graph).join(', ')}, ${isOwn ? `containerd runs ${wish}` : `not for ${wish}`}`;
}

function allOf({ descriptor, config, layers }: GraphManifest): Descriptor[] {
  return [descriptor, config, ...layers.map((layer) => layer.descriptor)];
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((one) => [one.digest, one])).values()];
}
