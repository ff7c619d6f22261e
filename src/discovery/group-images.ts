import { by, compareStrings } from '../oci/compare.ts';
import { formatFamiliar, formatReference, withDefaultTag } from '../oci/reference.ts';
import type { FoundImage, ImagePlace } from './found-image.ts';

/** An image and every place that names it. */
export interface DiscoveredImage {
  /** Canonical, with the tag `latest` where none is written. */
  readonly reference: string;
  /** As people write it. */
  readonly name: string;
  /** In the order of files and lines; never empty. */
  readonly places: readonly ImagePlace[];
}

export interface GroupedImages {
  readonly definite: readonly DiscoveredImage[];
  /** Those that are not definite elsewhere. */
  readonly possible: readonly DiscoveredImage[];
  /** Names of definite images of which some place gives no tag: `latest` stands in. */
  readonly untagged: readonly string[];
}

/** Each image once, sorted by name; places sorted. */
export function groupImages(found: readonly FoundImage[]): GroupedImages {
  const definite = group(found.filter(({ certainty }) => certainty === 'definite'));
  const possible = group(found.filter(({ certainty }) => certainty === 'possible'));
  const known = new Set(definite.map(({ reference }) => reference));
  const untagged = found.filter(
    ({ certainty, reference: { tag, digest } }) =>
      certainty === 'definite' && tag === undefined && digest === undefined,
  );
  return {
    definite,
    possible: possible.filter(({ reference }) => !known.has(reference)),
    untagged: [...new Set(untagged.map(({ reference }) => formatFamiliar(reference)))].toSorted(
      compareStrings,
    ),
  };
}

function group(found: readonly FoundImage[]): DiscoveredImage[] {
  const byReference = new Map<string, { name: string; places: ImagePlace[] }>();
  for (const { reference: written, place } of found) {
    const reference = withDefaultTag(written);
    const key = formatReference(reference);
    const known = byReference.get(key) ?? { name: formatFamiliar(reference), places: [] };
    known.places.push(place);
    byReference.set(key, known);
  }
  return Array.from(byReference, ([reference, { name, places }]) => ({
    reference,
    name,
    places: unique(places),
  })).toSorted(by(({ name }) => name));
}

/** A file that two globs match is read twice. */
function unique(places: readonly ImagePlace[]): ImagePlace[] {
  const byText = new Map(places.map((place) => [JSON.stringify(place), place]));
  return [...byText.values()].toSorted(
    (a, b) =>
      compareStrings(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareStrings(a.path, b.path),
  );
}
