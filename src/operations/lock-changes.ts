import { by } from '../oci/compare.ts';
import type { Digest } from '../oci/digest.ts';
import { identityDigest, sameIdentity, type ImageIdentity } from '../oci/image-identity.ts';

/** An image as one side of a comparison has it. */
export interface NamedImage {
  /** Canonical, before `rename`. */
  readonly reference: string;
  /** The selector's source. */
  readonly from: string;
  readonly identity: ImageIdentity;
}

/** What differs between a lock and something later: root digests, or image IDs. Sorted by reference. */
export interface LockChanges {
  /** Names that stand for another image now. */
  readonly moved: readonly {
    readonly reference: string;
    readonly from: string;
    readonly locked: Digest;
    readonly now: Digest;
  }[];
  /** Names that are chosen now and are not locked. */
  readonly added: readonly {
    readonly reference: string;
    readonly from: string;
    readonly now: Digest;
  }[];
  /** Locked names that are no longer chosen. */
  readonly gone: readonly {
    readonly reference: string;
    readonly from: string;
    readonly locked: Digest;
  }[];
}

/** Images as a selector's text and a lock name them. */
export function namedImages(
  from: string,
  images: readonly Pick<NamedImage, 'reference' | 'identity'>[] = [],
): NamedImage[] {
  return images.map(({ reference, identity }) => ({ reference, from, identity }));
}

/** Compares by name and source. */
export function compareWithLocked(
  locked: readonly NamedImage[],
  now: readonly NamedImage[],
): LockChanges {
  const before = byName(locked);
  const after = byName(now);
  const moved: LockChanges['moved'][number][] = [];
  const added: LockChanges['added'][number][] = [];
  for (const [key, { reference, from, identity }] of after) {
    const known = before.get(key)?.identity;
    const digest = identityDigest(identity);
    if (known === undefined) added.push({ reference, from, now: digest });
    else if (!sameIdentity(known, identity))
      moved.push({ reference, from, locked: identityDigest(known), now: digest });
  }
  const gone = [...before]
    .filter(([key]) => !after.has(key))
    .map(([, { reference, from, identity }]) => ({
      reference,
      from,
      locked: identityDigest(identity),
    }));
  return { moved, added, gone };
}

function byName(images: readonly NamedImage[]): Map<string, NamedImage> {
  return new Map(images.toSorted(by(keyOf)).map((image) => [keyOf(image), image]));
}

function keyOf({ reference, from }: NamedImage): string {
  return `${reference}\n${from}`;
}
