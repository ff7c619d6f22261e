import type { Problem } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readReferrer } from '../content/read-referrer.ts';
import { bareDescriptor, type Descriptor } from '../oci/descriptor.ts';
import { subjectsOf, type ImageGraph } from '../oci/image-graph.ts';
import { REF_NAME } from '../oci/layout-documents.ts';
import { linkReferrers, referrerBlobs, type Referrer } from '../oci/referrer.ts';
import type { AbsentBlob } from './bundle-index.ts';

/**
 * The documents of the referrers that a bundle index lists for an image; nothing where it lists none.
 *
 * @throws AirkitError as {@link readReferrer}
 */
export async function readReferrers(
  listed: readonly Descriptor[],
  content: ContentReader,
  options: OperationOptions,
): Promise<{ readonly referrers?: readonly Referrer[] }> {
  const referrers: Referrer[] = [];
  for (const descriptor of listed) {
    const tag = descriptor.annotations?.[REF_NAME];
    referrers.push(
      await readReferrer({ descriptor: bareDescriptor(descriptor), tag }, content, options),
    );
  }
  return referrers.length === 0 ? {} : { referrers };
}

/**
 * Every referrer must refer to a document of its image, or to another referrer that does, and must be whole: platforms
 * are left out of images, never of referrers.
 */
export function checkReferrers(
  reference: string,
  graph: ImageGraph,
  absent: readonly AbsentBlob[],
): Problem[] {
  const { referrers = [] } = graph;
  if (referrers.length === 0) return [];
  const { loose } = linkReferrers(
    referrers,
    subjectsOf(graph).map(({ digest }) => digest),
  );
  const left = new Set(
    absent.flatMap(({ digest, reason }) => (reason === 'platform' ? [digest] : [])),
  );
  const torn = referrers.filter((one) => referrerBlobs(one).some(({ digest }) => left.has(digest)));
  return [
    ...loose.map((one) => problem(reference, one, 'refers to nothing of the image')),
    ...torn.map((one) => problem(reference, one, 'is not whole')),
  ];
}

function problem(reference: string, { descriptor }: Referrer, what: string): Problem {
  return {
    code: 'CONTENT_INVALID',
    severity: 'error',
    message: `${reference}: its referrer ${descriptor.digest} ${what}`,
    subject: reference,
  };
}
