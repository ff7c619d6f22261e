import type { Digest } from '../oci/digest.ts';
import { chainIds } from '../oci/image-config.ts';
import type { GraphManifest } from '../oci/image-graph.ts';
import type { TargetImage } from './image.ts';

/** Headers and padding of a layer's tar take no room in a store that unpacks. */
const CONTENT_SHARE = 0.9;

/** An image, and the manifest of it that an engine takes. */
export interface UnpackedImage {
  readonly image: TargetImage;
  /** Undefined where it takes none. */
  readonly manifest: GraphManifest | undefined;
}

/**
 * Bytes that the layers of images take at least once they are unpacked, stacks that several share counted once. A layer
 * whose size is not known counts as nothing.
 *
 * @param known chain IDs of stacks that are there
 */
export function unpackedSize(images: readonly UnpackedImage[], known: ReadonlySet<Digest>): number {
  const missing = new Map<Digest, number>();
  for (const { image, manifest } of images) {
    const layers = manifest?.layers ?? [];
    const chains = chainIds(layers.flatMap(({ diffId }) => diffId ?? []));
    for (const [position, { diffId }] of layers.entries()) {
      const chain = chains[position];
      if (chain === undefined || diffId === undefined || known.has(chain)) continue;
      missing.set(chain, image.uncompressedSizes?.get(diffId) ?? 0);
    }
  }
  const bytes = [...missing.values()].reduce((sum, size) => sum + size, 0);
  return Math.floor(bytes * CONTENT_SHARE);
}
