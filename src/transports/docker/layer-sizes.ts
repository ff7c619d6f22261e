import type { LayerFacts } from '../../content/image.ts';
import { layersOfHistory } from '../../image-archive/history-sizes.ts';
import { engineCall, type Engine, type InspectedImage } from './engine.ts';

/** Sizes of an image's layers, from its history. */
export async function layerSizes(engine: Engine, image: InspectedImage): Promise<LayerFacts[]> {
  const history: unknown = await engineCall(engine, `read the history of ${image.id}`, () =>
    engine.client.getImage(image.id).history(),
  );
  const sizes = (Array.isArray(history) ? history : []).map(entrySize);
  return layersOfHistory({ diffIds: image.diffIds, sizes, total: image.size });
}

function entrySize(entry: unknown): number {
  const size: unknown =
    typeof entry === 'object' && entry !== null && 'Size' in entry ? entry.Size : 0;
  return typeof size === 'number' && size > 0 ? size : 0;
}
