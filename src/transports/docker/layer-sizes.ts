import type { Digest } from '../../oci/digest.ts';
import type { LayerFacts } from '../../content/image.ts';
import { engineCall, type Engine, type InspectedImage } from './engine.ts';

/**
 * Sizes of an image's layers. The API tells sizes per history entry, newest first, and not which entries made a layer:
 * layers without files, which count as nothing, are then
 * taken to be the upper ones. Where there are more sizes than layers, all goes to the top layer.
 */
export async function layerSizes(engine: Engine, image: InspectedImage): Promise<LayerFacts[]> {
  const history: unknown = await engineCall(engine, `read the history of ${image.id}`, () =>
    engine.client.getImage(image.id).history(),
  );
  const sizes = (Array.isArray(history) ? history : []).map(entrySize).toReversed();
  const filled = sizes.filter((size) => size > 0);
  const fits = sizes.length === image.diffIds.length ? sizes : filled;
  if (fits.length <= image.diffIds.length) return assign(image.diffIds, fits);
  const top = image.diffIds.length - 1;
  return assign(
    image.diffIds,
    image.diffIds.map((_, position) => (position === top ? image.size : 0)),
  );
}

function assign(diffIds: readonly Digest[], sizes: readonly number[]): LayerFacts[] {
  return diffIds.map((diffId, position) => ({ diffId, plainSize: sizes[position] ?? 0 }));
}

function entrySize(entry: unknown): number {
  const size: unknown =
    typeof entry === 'object' && entry !== null && 'Size' in entry ? entry.Size : 0;
  return typeof size === 'number' && size > 0 ? size : 0;
}
