import type { OperationOptions } from '../content/operation.ts';
import { carriedSubjects } from '../oci/image-graph.ts';
import { graphBlobs, graphReferrers } from '../plan/graph-blobs.ts';
import type { DescribedImage } from './describe-bundle.ts';

/**
 * Adds the referrers of what travels to an image whose selector asks for them.
 *
 * @throws AirkitError what sources throw while they look for referrers
 */
export async function attachReferrers(
  image: DescribedImage,
  options: OperationOptions = {},
): Promise<DescribedImage> {
  const { chosen, exact, input } = image;
  const { source, listed, selector } = chosen;
  if (!selector.referrers || exact === undefined || source.referrers === undefined) return image;
  const referrers = await source.referrers(listed, carriedSubjects(exact.graph), options);
  const graph = { ...exact.graph, referrers };
  return {
    ...image,
    exact: { ...exact, graph },
    input: { ...input, blobs: graphBlobs(graph), referrers: graphReferrers(graph) },
  };
}

/**
 * Of two selectors that choose one image, the one that asks for referrers brings the bytes; the first one keeps its
 * say why the image was chosen.
 */
export function keepReferrers(first: DescribedImage, other: DescribedImage): DescribedImage {
  if (first.input.referrers !== undefined || other.input.referrers === undefined) return first;
  const { from, pattern } = first.input;
  return { ...other, input: { ...other.input, from, pattern } };
}

const MAX_NAMED = 3;

/** Images whose referrers were asked for and are not there. */
export function warnAboutReferrers(images: readonly DescribedImage[]): string[] {
  const names = images.flatMap(({ input }) =>
    input.referrers?.length === 0 ? [input.reference] : [],
  );
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? `, and ${names.length - MAX_NAMED} more` : '';
  return [
    `no signature, SBOM or attestation refers to ${names.slice(0, MAX_NAMED).join(', ')}${more}`,
  ];
}
