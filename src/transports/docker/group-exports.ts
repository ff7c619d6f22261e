import { by } from '../../oci/compare.ts';
import type { LayerFacts } from '../../content/image.ts';
import type { Digest } from '../../oci/digest.ts';

/** An image that is to be exported. */
export interface Exportable {
  readonly id: Digest;
  /** As far as they are known. */
  readonly layers: readonly LayerFacts[];
}

/** Below this, in bytes, a second export costs more than it gains. */
const WORTH_SHARING = 64 * 1024 * 1024;
/** All groups together, over the images in one export: what overlaps is exported, encoded and left out for nothing. */
const MAX_OVERLAP = 1.3;

/**
 * Shares images out among exports that run side by side: alike in bytes, and with few layers that two of them have. The
 * engine stores a layer once in each export.
 *
 * @param atMost exports side by side, at least 1
 * @returns the image IDs of each; fewer groups where the images share too much
 */
export function groupExports(images: readonly Exportable[], atMost: number): Digest[][] {
  const alone = shareOut(images, 1);
  const unique = bytesOf(alone);
  for (let count = unique < WORTH_SHARING ? 1 : atMost; count > 1; count -= 1) {
    const groups = shareOut(images, count);
    if (bytesOf(groups) <= unique * MAX_OVERLAP) return groups.map(({ ids }) => ids);
  }
  return alone.map(({ ids }) => ids);
}

interface Group {
  readonly ids: Digest[];
  readonly layers: Set<Digest>;
  bytes: number;
}

/** The largest first, each to where the largest group stays smallest; among equals, to where it adds least. */
function shareOut(images: readonly Exportable[], count: number): Group[] {
  const groups: Group[] = Array.from({ length: count }, () => ({
    ids: [],
    layers: new Set(),
    bytes: 0,
  }));
  const sorted = images.toSorted(by(({ id }) => id)).toSorted((a, b) => sizeOf(b) - sizeOf(a));
  for (const image of sorted) {
    const largest = Math.max(...groups.map(({ bytes }) => bytes));
    const [best] = groups
      .map((group) => {
        const adds = added(group, image);
        return { group, adds, makes: Math.max(largest, group.bytes + adds) };
      })
      .toSorted((a, b) => a.makes - b.makes || a.adds - b.adds);
    if (best !== undefined) put(image, best.group);
  }
  return groups.filter(({ ids }) => ids.length > 0);
}

function put(image: Exportable, group: Group): void {
  group.bytes += added(group, image);
  group.ids.push(image.id);
  for (const { diffId } of image.layers) if (diffId !== undefined) group.layers.add(diffId);
}

/** Bytes that an image adds to a group. */
function added({ layers }: Group, image: Exportable): number {
  return image.layers.reduce(
    (sum, { diffId, plainSize }) =>
      diffId !== undefined && layers.has(diffId) ? sum : sum + plainSize,
    0,
  );
}

function sizeOf({ layers }: Exportable): number {
  return layers.reduce((sum, { plainSize }) => sum + plainSize, 0);
}

function bytesOf(groups: readonly Group[]): number {
  return groups.reduce((sum, { bytes }) => sum + bytes, 0);
}
