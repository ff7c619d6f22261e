import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { inspectEngineImage, listEngineImages, type Engine } from './engine.ts';

/** Chain IDs of every layer stack that an engine's images have: the layers it need not be sent. */
export async function knownChains(
  engine: Engine,
  options: OperationOptions = {},
): Promise<Set<Digest>> {
  const ids = new Set((await listEngineImages(engine, { all: true })).map(({ id }) => id));
  const inspected = await mapLimited(ids, async (id) => inspectEngineImage(engine, id), options);
  return new Set(inspected.flatMap((image) => chainIds(image?.diffIds ?? [])));
}
