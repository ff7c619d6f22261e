import { join } from 'node:path';
import { AirkitError } from '../../errors.ts';
import { isErrno, readSmallFile } from '../../content/file-bytes.ts';

/** A larger index.json is refused, in bytes. */
export const MAX_INDEX_BYTES: number = 20 * 1024 * 1024;

/** Path of the list of images in an OCI layout (OCI image-spec image-layout.md). */
export function indexPath(folder: string): string {
  return join(folder, 'index.json');
}

/** Path of the file that marks a folder as an OCI layout. */
export function markerPath(folder: string): string {
  return join(folder, 'oci-layout');
}

/** Bytes of a file; undefined where there is none. @throws AirkitError DISK_FAILED, CONTENT_INVALID */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  const bytes = await readSmallFile(path, MAX_INDEX_BYTES).catch((error: unknown) => {
    if (error instanceof AirkitError && isErrno(error.cause, 'ENOENT')) return null;
    throw error;
  });
  if (bytes === null) return undefined;
  if (bytes !== undefined) return bytes;
  const message = `${path}: more than ${MAX_INDEX_BYTES} bytes`;
  throw new AirkitError('CONTENT_INVALID', message, { context: { path } });
}

/** The error for a folder that is no OCI layout. */
export function notLayout(folder: string, missing: string): AirkitError {
  return new AirkitError(
    'SOURCE_FAILED',
    `${folder}: it has no ${missing}, so it is not an OCI layout`,
    {
      hint: 'skopeo copy … oci:DIR:NAME and airkit load --to oci:DIR write OCI layouts.',
      context: { path: folder },
    },
  );
}
