import { rm } from 'node:fs/promises';
import { diskCall } from '../../content/file-bytes.ts';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { canonicalName, formatReference } from '../../oci/reference.ts';
import { findArchive } from './found-archive.ts';

/**
 * Removes an archive when every name in it is to be removed. A single name cannot be taken out of it, and what an
 * earlier archive of that name held is gone. Images that k3s has imported already stay in its containerd.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function putArchiveBack(
  path: string,
  names: readonly NameReversal[],
  options?: OperationOptions,
): Promise<NameReversalResult[]> {
  const found = (await findArchive(path, options))?.names ?? new Map<string, Digest>();
  const ours = names.filter(({ reference, expected, restore }) => {
    return restore === undefined && found.get(formatReference(reference)) === expected;
  });
  const covered = new Set(ours.flatMap(namesOf));
  const isAll = ours.length > 0 && [...found.keys()].every((name) => covered.has(name));
  if (isAll) await diskCall(path, 'remove', () => rm(path, { force: true }));
  return names.map((name) => {
    const reference = formatReference(name.reference);
    const now = found.get(reference);
    if (now !== name.expected) return { reference, status: 'changed', now };
    if (isAll && ours.includes(name)) return { reference, status: 'removed' };
    const message =
      name.restore === undefined
        ? `${path} holds other images as well, and k3s takes it whole`
        : `the archive that held ${name.restore} was replaced: load its kit again`;
    return { reference, status: 'failed', now, message };
  });
}

function namesOf({ reference, expected }: NameReversal): string[] {
  return [formatReference(reference), `${canonicalName(reference)}@${expected}`];
}
