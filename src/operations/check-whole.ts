import { isAirkitError, type AirkitError } from '../errors.ts';
import type { TargetImage } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { heldDescriptors } from '../oci/image-graph.ts';

/** What makes content useless, as opposed to a disk that fails. */
const DAMAGE = ['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'CONTENT_INVALID', 'BLOB_MISSING'] as const;

/**
 * Reads every blob of some images once, so that damaged ones can be told from whole ones before a target sees them: in
 * a stream of several images a damaged blob would take the others with it.
 *
 * @param elsewhere digests of layers that only targets have
 * @returns what is wrong, by image; whole images are not in it
 * @throws AirkitError DISK_FAILED
 */
export async function findDamage(
  images: Iterable<TargetImage>,
  elsewhere: Pick<ReadonlySet<Digest>, 'has'>,
  options: OperationOptions,
): Promise<Map<TargetImage, string>> {
  const users = new Map<string, { target: Descriptor; images: TargetImage[] }>();
  for (const image of images) {
    for (const target of heldDescriptors(image.graph)) {
      if (elsewhere.has(target.digest)) continue;
      const known = users.get(target.digest) ?? { target, images: [] };
      known.images.push(image);
      users.set(target.digest, known);
    }
  }
  const bytes = [...users.values()].reduce((sum, { target }) => sum + target.size, 0);
  options.onProgress?.({ kind: 'phase', phase: 'verify', bytes });
  const damaged = new Map<TargetImage, string>();
  await mapLimited(
    users.values(),
    async ({ target, images: [first, ...others] }, call) => {
      if (first === undefined) return;
      const message = await damageOf(first, target, call);
      if (message === undefined) return;
      for (const image of [first, ...others]) damaged.set(image, message);
    },
    options,
  );
  return damaged;
}

async function damageOf(
  { content }: TargetImage,
  target: Descriptor,
  options: OperationOptions,
): Promise<string | undefined> {
  try {
    for await (const { byteLength } of content.fetch(target, options))
      options.onProgress?.({ kind: 'bytes', bytes: byteLength });
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isDamage(error)) throw error;
    return error.message;
  }
}

/** True for errors that say that a kit's content is not what was signed. */
export function isDamage(error: unknown): error is AirkitError {
  return isAirkitError(error, ...DAMAGE);
}
