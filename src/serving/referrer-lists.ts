import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MEDIA_TYPES } from '../oci/media-types.ts';
import { fallbackTag } from '../oci/referrer.ts';
import { addReferrerEntries } from '../oci/referrer-index.ts';
import type { ListedReferrer } from './served-image.ts';

/** Entries of the lists of referrers, by the digest that they speak of. */
export type ReferrersBySubject = ReadonlyMap<string, readonly Descriptor[]>;

/** An index that no kit holds: the list of referrers as clients without the referrers API look for it. */
export interface FallbackList {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Each referrer once in each list. */
export function groupReferrers(referrers: readonly ListedReferrer[]): ReferrersBySubject {
  const groups = new Map<Digest, Map<string, Descriptor>>();
  for (const { subject, descriptor } of referrers) {
    const group = groups.get(subject) ?? new Map<string, Descriptor>();
    groups.set(subject, group.set(descriptor.digest, descriptor));
  }
  return new Map([...groups].map(([subject, group]) => [subject, [...group.values()]]));
}

/**
 * The lists by fallback tag and by their own digest (OCI distribution spec, "Referrers Tag Schema"). They are in no list
 * of tags: those who list tags look for images.
 */
export function fallbackLists(referrers: readonly ListedReferrer[]): Map<string, FallbackList> {
  const lists = new Map<string, FallbackList>();
  const subjects = new Map(referrers.map(({ subject }) => [subject, subject]));
  const grouped = groupReferrers(referrers);
  for (const subject of subjects.keys()) {
    const bytes = addReferrerEntries(undefined, grouped.get(subject) ?? []) ?? new Uint8Array();
    const digest = digestOf(bytes);
    const descriptor = { mediaType: MEDIA_TYPES.ociIndex, digest, size: bytes.byteLength };
    lists.set(fallbackTag(subject), { descriptor, bytes });
    lists.set(digest, { descriptor, bytes });
  }
  return lists;
}
