import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { withDefaultTag, type Reference } from '../oci/reference.ts';
import { referrerContents, referrerDocuments } from '../oci/referrer.ts';

/** An image with what of it can be sent. */
export interface ServedImage {
  readonly reference: Reference;
  readonly graph: ImageGraph;
  /** Documents of the image and of its referrers that speak of another. */
  readonly listed: readonly ListedReferrer[];
}

/** A manifest or index with a subject, as the list of referrers shows it. */
export interface ListedReferrer {
  readonly subject: Digest;
  /** With the artifact type and the annotations of the document itself. */
  readonly descriptor: Descriptor;
}

/** Manifests and indexes of an image, then those of its referrers. */
export function documentsOf({ indexes, manifests, referrers = [] }: ImageGraph): Descriptor[] {
  return [
    ...indexes,
    ...manifests.map(({ descriptor }) => descriptor),
    ...referrers.flatMap(referrerDocuments),
  ];
}

/** Configs and layers that an image and its referrers name, whether they are at hand or not. */
export function contentsOf({ graph: { manifests, referrers = [] } }: ServedImage): Descriptor[] {
  const layers = manifests.flatMap((manifest) => manifest.layers);
  return [
    ...manifests.map(({ config }) => config),
    ...layers.map(({ descriptor }) => descriptor),
    ...referrers.flatMap(referrerContents),
  ];
}

/** The image's own tag, and the tags that cosign gave to its referrers. The last one of a name counts. */
export function tagsOf({ reference, graph }: ServedImage): [string, Descriptor][] {
  const { tag: own } = withDefaultTag(reference);
  const attached = (graph.referrers ?? []).flatMap(({ tag, descriptor }) =>
    tag === undefined ? [] : [[tag, descriptor] satisfies [string, Descriptor]],
  );
  return own === undefined ? attached : [...attached, [own, graph.root]];
}
