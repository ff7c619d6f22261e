import type { Digest } from '../oci/digest.ts';
import { chainIds } from '../oci/image-config.ts';

/** Layers of one image and platform, from the base up; or layers that form no stack, without diffIDs. */
export type LayerStack = readonly {
  /** As plans name the blob. */
  readonly key: string;
  readonly diffId?: Digest | undefined;
}[];

/** What is known of a base: stored blobs, and stacks that an engine has unpacked. */
export interface BaseContent {
  readonly blobs: ReadonlySet<string>;
  readonly chainIds: ReadonlySet<string>;
}

/**
 * Keys of the layers that every base holds, so that they need not travel: as a blob, or as part of an unpacked stack in
 * each image that has the layer, since an engine knows an unpacked layer only on top of those below it.
 */
export function heldByBases(
  stacks: readonly LayerStack[],
  bases: readonly BaseContent[],
): Set<string> {
  if (bases.length === 0) return new Set();
  const held = new Set<string>();
  const lacking = new Set<string>();
  for (const stack of stacks) {
    const chains = chainsOf(stack);
    for (const [position, { key }] of stack.entries()) {
      const chain = chains[position];
      const isHeld = bases.every(
        (base) => base.blobs.has(key) || (chain !== undefined && base.chainIds.has(chain)),
      );
      (isHeld ? held : lacking).add(key);
    }
  }
  return new Set([...held].filter((key) => !lacking.has(key)));
}

/** None where a diffID is not known: a chain ID stands for the whole stack. */
function chainsOf(stack: LayerStack): Digest[] {
  const diffIds = stack.flatMap(({ diffId }) => diffId ?? []);
  return diffIds.length === stack.length ? chainIds(diffIds) : [];
}
