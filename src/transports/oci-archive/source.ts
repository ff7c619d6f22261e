import type { ImageSource } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { openArchiveFiles } from '../../image-archive/archive-files.ts';
import { archiveSource, type ListedArchiveImage } from '../../image-archive/archive-source.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import { listOciArchive } from '../../image-archive/list-archive.ts';

/**
 * The images of an OCI layout in a tar, plain or compressed with gzip, zstd, bzip2 or xz.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, CONTENT_INVALID, DISK_FAILED
 */
export async function openOciArchiveSource(
  path: string,
  target: IngestTarget,
  options?: OperationOptions,
): Promise<ImageSource<ListedArchiveImage>> {
  const files = await openArchiveFiles(path, options);
  return archiveSource(files, await listOciArchive(files), target);
}
