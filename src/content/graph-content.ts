import type { Digest } from '../oci/digest.ts';
import { chainIds } from '../oci/image-config.ts';
import { heldDescriptors, type ImageGraph } from '../oci/image-graph.ts';
import type { HeldContent } from './held-content.ts';

/** Layers, stacks and blobs of images whose documents have been read. */
export function graphContent(
  graphs: readonly ImageGraph[],
): Pick<HeldContent, 'diffIds' | 'chainIds' | 'blobs'> {
  const held = graphs.flatMap(({ manifests }) => manifests.filter(({ isHeld }) => isHeld));
  const stacks = held.map(({ layers }) =>
    layers.map(({ diffId }) => diffId).filter((diffId): diffId is Digest => diffId !== undefined),
  );
  return {
    diffIds: new Set(stacks.flat()),
    chainIds: new Set(stacks.flatMap((stack) => chainIds(stack))),
    blobs: new Set(graphs.flatMap((graph) => heldDescriptors(graph).map(({ digest }) => digest))),
  };
}
