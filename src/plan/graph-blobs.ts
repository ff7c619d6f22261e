import type { CarriedGraph } from '../oci/image-graph.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { PlanBlob } from './plan.ts';

/** The blobs of a graph that travel: all documents, then the layers of what is carried, from the base up. */
export function graphBlobs(graph: CarriedGraph): PlanBlob[] {
  const { indexes, manifests, carried } = graph;
  return [
    ...indexes.map((index) => blob('index', index)),
    ...manifests.map(({ descriptor }) => blob('manifest', descriptor)),
    ...manifests.map(({ config }) => blob('config', config)),
    ...carried.flatMap(({ layers }) => layers.map(({ descriptor }) => blob('layer', descriptor))),
  ];
}

function blob(kind: PlanBlob['kind'], { digest, size }: Descriptor): PlanBlob {
  return { key: digest, kind, size, exact: true };
}
