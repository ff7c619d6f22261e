import type { TargetImage } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { manifestFor } from './choose-manifest.ts';
import { inspectEngineImage, listEngineImages, QUESTIONS_AT_ONCE, type Engine } from './engine.ts';

/** Chain IDs of every layer stack that an engine's images have now: the layers it need not be sent. */
export type ChainReader = (options?: OperationOptions) => Promise<Set<Digest>>;

/** In the classic store an ID is the digest of what names the layers: it is asked for once. */
export function openChainReader(engine: Engine): ChainReader {
  const told = new Map<Digest, readonly Digest[]>();
  return async (options = {}) => {
    const ids = new Set((await listEngineImages(engine, { all: true })).map(({ id }) => id));
    const chains = await mapLimited(
      ids,
      async (id) => {
        const known =
          told.get(id) ?? chainIds((await inspectEngineImage(engine, id))?.diffIds ?? []);
        if (!engine.facts.hasContainerdStore && known.length > 0) told.set(id, known);
        return known;
      },
      { ...options, concurrency: QUESTIONS_AT_ONCE },
    );
    return new Set(chains.flat());
  };
}

interface EngineImageLayers {
  readonly engine: Engine;
  readonly image: TargetImage;
  /** Stacks that the engine has unpacked. */
  readonly known: ReadonlySet<Digest>;
}

/** Of layers that are not at hand, those that an engine would have to be sent for an image. */
export function lackingLayers(
  { engine, image, known }: EngineImageLayers,
  notAtHand: ReadonlySet<Digest>,
): Descriptor[] {
  const layers = manifestFor(engine, image)?.layers ?? [];
  const chains = chainIds(layers.flatMap(({ diffId }) => diffId ?? []));
  return layers.flatMap(({ descriptor }, position) => {
    const chain = chains[position];
    const isKnown = chain !== undefined && known.has(chain);
    return notAtHand.has(descriptor.digest) && !isKnown ? [descriptor] : [];
  });
}
