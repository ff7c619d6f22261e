import type { CarriedGraph } from '../oci/image-graph.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { PlanBlob } from './plan.ts';

/** The blobs of a graph that travel: all documents, then the layers of what is carried, from the base up. */
export function graphBlobs(graph: CarriedGraph): PlanBlob[] {
  const blob = (kind: PlanBlob['kind']): ((descriptor: Descriptor) => PlanBlob) => {
    return ({ digest, size }) => ({ key: digest, kind, size, exact: true });
  };
  return [
    ...graph.indexes.map(blob('index')),
    ...graph.manifests.map(({ descriptor }) => descriptor).map(blob('manifest')),
    ...graph.manifests.map(({ config }) => config).map(blob('config')),
    ...graph.carried
      .flatMap(({ layers }) => layers.map(({ descriptor }) => descriptor))
      .map(blob('layer')),
  ];
}
