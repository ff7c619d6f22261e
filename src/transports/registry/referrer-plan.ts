import type { OperationOptions } from '../../content/operation.ts';
import { isAirkitError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseImageManifest } from '../../oci/image-manifest.ts';
import { isManifestType } from '../../oci/media-types.ts';
import type { Reference } from '../../oci/reference.ts';
import { linkReferrers, type Referrer } from '../../oci/referrer.ts';
import type { RegistryClient } from './client.ts';
import { listReferrers } from './list-referrers.ts';
import { unlessHalfWritten } from './half-written.ts';
import { fetchHeld, resolveHeld } from './manifests.ts';

/** Referrers of an image that go to a target. */
export interface TravellingReferrers {
  /** Each after what it refers to. */
  readonly going: readonly Referrer[];
  /** Which stay behind. */
  readonly message?: string | undefined;
}

/** What a target holds of the referrers that go there. */
export interface HeldReferrers {
  readonly isWhole: boolean;
  /** Tags of cosign that are not to be written: they have all signatures of ours, or others. */
  readonly keptTags: ReadonlyMap<string, 'held' | 'foreign'>;
}

/**
 * Splits the referrers of an image: those of documents that the target gets go there.
 *
 * @param pushed digests of the documents that it gets
 */
export function travellingReferrers(
  referrers: readonly Referrer[],
  pushed: Iterable<Digest>,
): TravellingReferrers {
  const { linked, loose } = linkReferrers(referrers, pushed);
  if (loose.length === 0) return { going: linked };
  const message = `${loose.length} of ${referrers.length} referrers stay behind: they refer to what is not pushed`;
  return { going: linked, message };
}

export interface ReferrerPlace {
  readonly client: RegistryClient;
  readonly repository: string;
}

export interface ReferrerQuestion {
  /** The image's name in the target. */
  readonly reference: Pick<Reference, 'repository'>;
  readonly referrers: TravellingReferrers;
}

/**
 * Looks which referrers a repository holds: every manifest there, listed, and under its tag.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function lookUpReferrers(
  client: RegistryClient,
  { reference, referrers }: ReferrerQuestion,
  options: OperationOptions,
): Promise<HeldReferrers> {
  const place = { client, repository: reference.repository };
  const keptTags = new Map<string, 'held' | 'foreign'>();
  const lists = new Map<Digest, ReadonlySet<Digest>>();
  let isWhole = true;
  for (const referrer of referrers.going) {
    const { tag, subject } = referrer;
    const state =
      tag === undefined ? undefined : await stateOfTag(place, { ...referrer, tag }, options);
    if (state === 'lacking') isWhole = false;
    else if (tag !== undefined && state !== undefined) keptTags.set(tag, state);
    // What stands under its tag needs no other proof.
    const isOpen = state === undefined || subject !== undefined;
    if (isWhole && isOpen) isWhole = await isHeld({ place, lists, referrer }, options);
  }
  return { isWhole, keptTags };
}

interface Looking {
  readonly place: ReferrerPlace;
  /** What was listed so far, by subject. */
  readonly lists: Map<Digest, ReadonlySet<Digest>>;
  readonly referrer: Referrer;
}

/** True when the manifest is there, and listed where it names a subject. */
async function isHeld(
  { place, lists, referrer: { descriptor, subject } }: Looking,
  options: OperationOptions,
): Promise<boolean> {
  const held = await unlessHalfWritten(
    resolveHeld({ ...place, reference: descriptor.digest }, options),
  );
  if (held === undefined) return false;
  if (subject === undefined) return true;
  const list = lists.get(subject) ?? (await listHeld(place, subject, options));
  lists.set(subject, list);
  return list.has(descriptor.digest);
}

/** Digests that a target lists; none where its list cannot be read. */
async function listHeld(
  place: ReferrerPlace,
  subject: Digest,
  options: OperationOptions,
): Promise<ReadonlySet<Digest>> {
  try {
    const { descriptors } = await listReferrers({ ...place, subject }, options);
    return new Set(descriptors.map(({ digest }) => digest));
  } catch (error) {
    if (!isAirkitError(error, 'CONTENT_INVALID', 'DIGEST_MISMATCH', 'UNSUPPORTED')) throw error;
    return new Set();
  }
}

/**
 * cosign appends a layer for each further signature. A tag with all of ours is held, one with some of ours is renewed,
 * and one with others is the target's own.
 */
async function stateOfTag(
  place: ReferrerPlace,
  { descriptor, manifests, tag }: Referrer & { readonly tag: string },
  options: OperationOptions,
): Promise<'held' | 'lacking' | 'foreign'> {
  const name = { ...place, reference: tag };
  const held = await resolveHeld(name, options);
  if (held === undefined) return 'lacking';
  if (held.digest === descriptor.digest) return 'held';
  if (!isManifestType(held.mediaType) || !isManifestType(descriptor.mediaType)) return 'foreign';
  const theirs = new Set(await layersOf(name, options));
  const ours = manifests.flatMap(({ layers }) => layers.map(({ digest }) => digest));
  if (ours.every((digest) => theirs.has(digest))) return 'held';
  return [...theirs].every((digest) => ours.includes(digest)) ? 'lacking' : 'foreign';
}

/** What cannot be read has a layer that nobody else has. */
async function layersOf(
  name: ReferrerPlace & { readonly reference: string },
  options: OperationOptions,
): Promise<Digest[]> {
  const fetched = await fetchHeld(name, options);
  if (fetched === undefined) return [];
  const { bytes, descriptor } = fetched;
  try {
    return parseImageManifest(bytes, descriptor).layers.map(({ digest }) => digest);
  } catch (error) {
    if (!isAirkitError(error, 'CONTENT_INVALID', 'UNSUPPORTED')) throw error;
    return [descriptor.digest];
  }
}
