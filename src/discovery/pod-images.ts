import type { Collector, PlacedNode } from './collector.ts';
import { descend, itemsOf } from './node-members.ts';

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/**
 * The images of a pod's specification: of every kind of container, and of image volumes (`volumes[].image.reference`,
 * KEP-4639). The kubelet pulls them all.
 */
export function podImages(spec: PlacedNode, collector: Collector): void {
  const containers = CONTAINER_LISTS.flatMap((name) => itemsOf(descend(spec, name)));
  for (const container of containers) takeImage(descend(container, 'image'), collector);
  for (const volume of itemsOf(descend(spec, 'volumes')))
    takeImage(descend(volume, 'image', 'reference'), collector);
}

/** What a field says whose value is a reference. Istio's injector replaces the word `auto`. */
function takeImage(at: PlacedNode | undefined, collector: Collector): void {
  if (at === undefined) return;
  const { node } = at;
  if (node.kind === 'scalar' && node.value === 'auto') {
    const message = 'the image "auto" is a placeholder that a sidecar injector replaces';
    collector.settle(node);
    collector.problem({ code: 'PLACEHOLDER', severity: 'warning', message }, node);
  } else if (node.kind === 'scalar') collector.definite(String(node.value), at);
  else collector.definite(collector.text.slice(node.start, node.end), at);
}
