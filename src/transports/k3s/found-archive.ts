import { stat } from 'node:fs/promises';
import { isAirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { openArchiveFiles, type ArchiveFiles } from '../../image-archive/archive-files.ts';
import { listOciArchive } from '../../image-archive/list-archive.ts';
import type { Digest } from '../../oci/digest.ts';
import { blobPathOf } from '../../oci/layout-documents.ts';
import { formatReference } from '../../oci/reference.ts';
import type { K3sArchive } from './k3s-archive.ts';

/** An archive that is in the folder. */
export interface FoundArchive {
  readonly files: ArchiveFiles;
  /** Root digests by name. */
  readonly names: ReadonlyMap<string, Digest>;
}

/**
 * Looks into an archive by its headers and tables; blobs are not read. Undefined where there is none, and for a file
 * that is no OCI archive: a load replaces it.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function findArchive(
  path: string,
  options?: OperationOptions,
): Promise<FoundArchive | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  try {
    const files = await openArchiveFiles(path, options);
    const { images } = await listOciArchive(files);
    const names = images.flatMap((image): [string, Digest][] =>
      image.view === 'oci' ? [[formatReference(image.reference), image.root.digest]] : [],
    );
    return { files, names: new Map(names) };
  } catch (error) {
    if (isAirkitError(error, 'ARCHIVE_MALFORMED', 'CONTENT_INVALID')) return undefined;
    throw error;
  }
}

/**
 * True when the archive is the one that would be written. Files appear whole under their names, so equal tables and
 * blobs of the right sizes are taken for equal bytes.
 */
export async function isSameArchive(
  { files }: FoundArchive,
  { blobs, indexJson, manifestJson }: K3sArchive,
): Promise<boolean> {
  const hasBlobs = [...blobs.values()].every(
    ({ target }) => files.size(blobPathOf(target.digest)) === target.size,
  );
  const index = await files.document('index.json');
  const manifest = await files.document('manifest.json');
  return hasBlobs && index?.equals(indexJson) === true && manifest?.equals(manifestJson) === true;
}
