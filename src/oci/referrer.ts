import { by } from './compare.ts';
import { bareDescriptor, type Descriptor } from './descriptor.ts';
import { digestFromHex, hexOf, type Digest } from './digest.ts';
import { REF_NAME } from './layout-documents.ts';

/** A manifest below a referrer. Its config and layers are blobs of any kind. */
export interface ReferrerManifest {
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * A signature, SBOM, attestation or other artifact that refers to a manifest, read: by its own member `subject` (OCI
 * distribution-spec 1.1), or by the tag under which cosign keeps it. It has at least one of the two.
 */
export interface Referrer {
  readonly descriptor: Descriptor;
  /** Its own, or its config's media type (OCI distribution-spec "Listing Referrers"). */
  readonly artifactType?: string | undefined;
  /** Its own, which lists of referrers repeat. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** What its own `subject` names. */
  readonly subject?: Digest | undefined;
  /** `sha256-HEX.sig`, `.att` or `.sbom`: HEX is of the digest that it speaks of. */
  readonly tag?: string | undefined;
  /** Itself when it is an index, and indexes below it, from the root down. */
  readonly indexes: readonly Descriptor[];
  /** Itself when it is a manifest, and those that its indexes name. */
  readonly manifests: readonly ReferrerManifest[];
}

/** Suffixes of the tags that cosign makes from a digest: signatures, attestations, SBOMs. */
export const COSIGN_SUFFIXES = ['sig', 'att', 'sbom'] as const;

const COSIGN_TAG = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/;
const FALLBACK_TAG = /^sha256-[0-9a-f]{64}$/;

/** The tag that lists referrers of a digest where there is no API (OCI distribution-spec "Referrers Tag Schema"). */
export function fallbackTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

/** The digest that a tag of cosign speaks of; undefined for any other tag. */
export function cosignSubject(tag: string): Digest | undefined {
  const hex = COSIGN_TAG.exec(tag)?.[1];
  return hex === undefined ? undefined : digestFromHex(hex);
}

/** True for tags that are made from a digest and name no image. */
export function isReferrerTag(tag: string): boolean {
  return FALLBACK_TAG.test(tag) || COSIGN_TAG.test(tag);
}

/** The digest by which a referrer is attached: that of its tag, else its subject. */
export function attachedTo({ tag, subject }: Referrer): Digest | undefined {
  return tag === undefined ? subject : cosignSubject(tag);
}

/** Indexes and manifests of a referrer, each before what it names. */
export function referrerDocuments({ indexes, manifests }: Referrer): Descriptor[] {
  return [...indexes, ...manifests.map(({ descriptor }) => descriptor)];
}

/** Configs and layers of a referrer. */
export function referrerContents({ manifests }: Referrer): Descriptor[] {
  return manifests.flatMap(({ config, layers }) => [config].concat(layers));
}

/** All that a referrer consists of, documents first. */
export function referrerBlobs(referrer: Referrer): Descriptor[] {
  return [...referrerDocuments(referrer), ...referrerContents(referrer)];
}

/** Of equal referrers each once, in the order in which every document lists them; one with a tag tells more than without. */
export function sortReferrers(referrers: readonly Referrer[]): Referrer[] {
  const tagged = new Set(
    referrers.flatMap(({ tag, descriptor }) => (tag === undefined ? [] : [descriptor.digest])),
  );
  const kept = referrers.filter(
    ({ tag, descriptor }) => tag !== undefined || !tagged.has(descriptor.digest),
  );
  const once = new Map(kept.map((referrer) => [orderOf(referrer), referrer]));
  return [...once.values()].toSorted(by(orderOf));
}

function orderOf({ descriptor, tag = '' }: Referrer): string {
  return `${descriptor.digest} ${tag}`;
}

/** A referrer as a bundle index lists it: a cosign tag stands in OCI's own annotation for names. */
export function describeReferrer({ descriptor, artifactType, tag }: Referrer): Descriptor {
  return {
    ...bareDescriptor(descriptor),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(tag === undefined ? {} : { annotations: { [REF_NAME]: tag } }),
  };
}

/**
 * Splits referrers into those that are attached to `roots` or to one another above them, each after what it is attached
 * to, and the others.
 */
export function linkReferrers(
  referrers: readonly Referrer[],
  roots: Iterable<Digest>,
): { readonly linked: Referrer[]; readonly loose: Referrer[] } {
  const attached = groupBySubject(referrers);
  const linked: Referrer[] = [];
  const reached = new Set(roots);
  // Digests that are added while the set is walked are walked too.
  for (const digest of reached) {
    for (const referrer of attached.get(digest) ?? []) {
      linked.push(referrer);
      reached.add(referrer.descriptor.digest);
    }
  }
  const known = new Set(linked);
  return { linked, loose: referrers.filter((referrer) => !known.has(referrer)) };
}

function groupBySubject(referrers: readonly Referrer[]): Map<Digest, Referrer[]> {
  const groups = new Map<Digest, Referrer[]>();
  for (const referrer of referrers) {
    const subject = attachedTo(referrer);
    if (subject === undefined) continue;
    const group = groups.get(subject) ?? [];
    group.push(referrer);
    groups.set(subject, group);
  }
  return groups;
}
