import { stat } from 'node:fs/promises';
import type { SpaceNeed, TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { manifestFor } from './choose-manifest.ts';
import type { Engine } from './engine.ts';
import { knownChains } from './known-chains.ts';

/** Headers and padding of a layer's tar take no room in the store. */
const CONTENT_SHARE = 0.9;

/**
 * What the layers of images take at least in the engine's root folder, uncompressed. Told only where it is certain: for
 * the classic store (the containerd store may be anywhere) behind a local socket, and a root folder that is visible here.
 */
export async function spaceNeeds(
  engine: Engine,
  images: readonly TargetImage[],
  options?: OperationOptions,
): Promise<SpaceNeed[]> {
  const { rootFolder, hostname, hasContainerdStore } = engine.facts;
  if (hasContainerdStore || rootFolder === undefined || !engine.address.startsWith('unix://'))
    return [];
  const found = await stat(rootFolder).catch(() => undefined);
  if (found?.isDirectory() !== true) return [];
  const known = await knownChains(engine, options);
  const missing = new Map<Digest, number>();
  for (const image of images) addMissing(engine, image, { known, missing });
  const bytes = [...missing.values()].reduce((sum, size) => sum + size, 0);
  return [{ path: rootFolder, bytes: Math.floor(bytes * CONTENT_SHARE), hostname }];
}

interface Layers {
  readonly known: ReadonlySet<Digest>;
  /** Uncompressed sizes by chain ID. */
  readonly missing: Map<Digest, number>;
}

function addMissing(engine: Engine, image: TargetImage, { known, missing }: Layers): void {
  const layers = manifestFor(engine, image)?.layers ?? [];
  const chains = chainIds(layers.flatMap(({ diffId }) => diffId ?? []));
  for (const [position, { diffId }] of layers.entries()) {
    const chain = chains[position];
    if (chain === undefined || diffId === undefined || known.has(chain)) continue;
    missing.set(chain, image.uncompressedSizes?.get(diffId) ?? 0);
  }
}
