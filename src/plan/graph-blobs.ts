import type { CarriedGraph } from '../oci/image-graph.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { attachedTo, type Referrer } from '../oci/referrer.ts';
import type { PlanBlob, PlanReferrer } from './plan.ts';

/**
 * The blobs of a graph that travel: all documents, then the layers of what is carried, from the base up, then those of
 * referrers.
 */
export function graphBlobs(graph: CarriedGraph): PlanBlob[] {
  const { indexes, manifests, carried, referrers = [] } = graph;
  return [...imageBlobs({ indexes, manifests, carried }), ...referrers.flatMap(blobsOfReferrer)];
}

/** Referrers of a graph as a plan lists them. */
export function graphReferrers({ referrers = [] }: CarriedGraph): PlanReferrer[] {
  return referrers.map((referrer) => ({
    digest: referrer.descriptor.digest,
    artifactType: referrer.artifactType,
    subject: attachedTo(referrer),
    tag: referrer.tag,
    size: blobsOfReferrer(referrer).reduce((sum, { size }) => sum + size, 0),
  }));
}

function imageBlobs({
  indexes,
  manifests,
  carried,
}: Pick<CarriedGraph, 'indexes' | 'manifests' | 'carried'>): PlanBlob[] {
  return [
    ...indexes.map((index) => blob('index', index)),
    ...manifests.map(({ descriptor }) => blob('manifest', descriptor)),
    ...manifests.map(({ config }) => blob('config', config)),
    ...carried.flatMap(({ layers }) => layers.map(({ descriptor }) => blob('layer', descriptor))),
  ];
}

function blobsOfReferrer({ indexes, manifests }: Referrer): PlanBlob[] {
  return [
    ...indexes.map((index) => blob('index', index)),
    ...manifests.map(({ descriptor }) => blob('manifest', descriptor)),
    ...manifests.map(({ config }) => blob('config', config)),
    ...manifests.flatMap(({ layers }) => layers.map((layer) => blob('layer', layer))),
  ];
}

function blob(kind: PlanBlob['kind'], { digest, size }: Descriptor): PlanBlob {
  return { key: digest, kind, size, exact: true };
}
