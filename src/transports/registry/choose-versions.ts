import { by } from '../../oci/compare.ts';
import { canonicalName, formatReference, type Reference } from '../../oci/reference.ts';
import { compareVersions, parseVersion, type Version } from '../../oci/version.ts';
import { parseVersionRange, RELEASES } from '../../oci/version-range.ts';

/** The part of a selector that speaks of versions. */
export interface VersionRules {
  readonly semver?: string | undefined;
  /** So many of the highest versions of each repository. */
  readonly newest?: number | undefined;
}

interface Versioned {
  readonly reference: Reference;
  readonly version: Version;
}

/**
 * Keeps the references whose tags are versions in the range, and of those the newest; without a range, of the releases.
 * References without a tag stay: a digest says nothing of versions.
 *
 * @returns in the order given, and a note for each repository whose tags were no versions
 * @throws AirkitError USAGE for a malformed range
 */
export function chooseVersions(
  references: readonly Reference[],
  { semver, newest }: VersionRules,
): { chosen: Reference[]; skipped: string[] } {
  if (semver === undefined && newest === undefined) return { chosen: [...references], skipped: [] };
  const isInRange = semver === undefined ? RELEASES : parseVersionRange(semver);
  const versioned: Versioned[] = [];
  const others: Reference[] = [];
  for (const reference of references) {
    const version = parseVersion(reference.tag ?? '');
    if (version === undefined) others.push(reference);
    else if (isInRange(version)) versioned.push({ reference, version });
  }
  const chosen = new Set([
    ...newestOfEach(versioned, newest).map(({ reference }) => reference),
    ...others.filter(({ tag }) => tag === undefined),
  ]);
  return {
    chosen: references.filter((reference) => chosen.has(reference)),
    skipped: notes(others.filter(({ tag }) => tag !== undefined)),
  };
}

/** Of equal versions, such as `1.2.0` and `v1.2.0`, the one that sorts first counts. */
function newestOfEach(versioned: readonly Versioned[], newest?: number): Versioned[] {
  if (newest === undefined) return [...versioned];
  return [...groupByRepository(versioned, ({ reference }) => reference).values()].flatMap((group) =>
    group
      .toSorted(by(({ reference }) => formatReference(reference)))
      .toSorted((a, b) => compareVersions(b.version, a.version))
      .slice(0, newest),
  );
}

const MAX_NAMED = 5;

function notes(references: readonly Reference[]): string[] {
  return [...groupByRepository(references, (reference) => reference)].map(([name, group]) => {
    const tags = group.map(({ tag = '' }) => tag);
    const more = tags.length > MAX_NAMED ? `, … (${tags.length} in all)` : '';
    return `${name}: tags that are no version are left out: ${tags.slice(0, MAX_NAMED).join(', ')}${more}`;
  });
}

function groupByRepository<T>(items: readonly T[], of: (item: T) => Reference): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = canonicalName(of(item));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
