import type { Digest } from './digest.ts';

/**
 * Which image a name stands for, whatever it stands for later: the root's digest; or, of an engine or archive that keeps
 * no manifest, its image ID and the diffIDs of its layers, base first.
 */
export type ImageIdentity =
  | { readonly root: Digest }
  | { readonly imageId: Digest; readonly diffIds: readonly Digest[] };

/** True when both stand for the same image. */
export function sameIdentity(a: ImageIdentity, b: ImageIdentity): boolean {
  if ('root' in a || 'root' in b) return 'root' in a && 'root' in b && a.root === b.root;
  return a.imageId === b.imageId && a.diffIds.join() === b.diffIds.join();
}

/** The one digest that names it: of the root, or the image ID. */
export function identityDigest(identity: ImageIdentity): Digest {
  return 'root' in identity ? identity.root : identity.imageId;
}
