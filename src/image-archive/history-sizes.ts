import type { LayerFacts } from '../content/image.ts';
import type { Digest } from '../oci/digest.ts';

export interface HistorySizes {
  /** Base first. */
  readonly diffIds: readonly Digest[];
  /** Bytes of each history entry, newest first. */
  readonly sizes: readonly number[];
  /** Bytes of all layers together. */
  readonly total: number;
}

/**
 * Sizes of an image's layers. Engines tell sizes per history entry and not which entries made a layer: layers without
 * files, which count as nothing, are then taken to be the upper ones. Where that cannot be, all goes to the top layer.
 */
export function layersOfHistory({ diffIds, sizes, total }: HistorySizes): LayerFacts[] {
  const oldestFirst = sizes.toReversed();
  const filled = oldestFirst.filter((size) => size > 0);
  const fits = oldestFirst.length === diffIds.length ? oldestFirst : filled;
  if (sizes.length > 0 && fits.length <= diffIds.length) return assign(diffIds, fits);
  const top = diffIds.length - 1;
  return assign(
    diffIds,
    diffIds.map((_, position) => (position === top ? total : 0)),
  );
}

function assign(diffIds: readonly Digest[], sizes: readonly number[]): LayerFacts[] {
  return diffIds.map((diffId, position) => ({ diffId, plainSize: sizes[position] ?? 0 }));
}
