import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BUNDLE_INDEX_PATH } from '../archive/layout.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { diskCall, readFileRange } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { openArchiveFiles } from '../image-archive/archive-files.ts';
import { requireNoRootfs } from '../image-archive/list-archive.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import type { SourceLocation } from '../spec/source-location.ts';

/** A file or folder that holds images, by what is in it. */
export type Medium =
  | { readonly kind: 'kit' }
  /** An archive that airkit wrote, alone: without signatures. */
  | { readonly kind: 'archive' }
  /** Of another tool, or a kit's archive that was compressed. */
  | { readonly kind: 'foreign'; readonly from: SourceLocation };

/**
 * Tells archives and layouts of other tools from kits. What begins like a kit stays one, however damaged: it must not pass
 * for an archive that nobody signed. So does what is not there, for whoever opens it to tell.
 *
 * @param path absolute
 * @throws AirkitError ARCHIVE_MALFORMED for a file that is no image archive, saying what it is; CONTENT_INVALID for one whose
 * compression is damaged or cut off; DISK_FAILED
 */
export async function recogniseMedium(
  path: string,
  options: OperationOptions = {},
): Promise<Medium> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { kind: 'kit' };
  if (found.isDirectory()) return recogniseFolder(path);
  if (await isInKit(path)) return { kind: 'kit' };
  if (await isKitArchive(path, found.size)) return { kind: 'archive' };
  const files = await openArchiveFiles(path, options);
  requireNoRootfs(files);
  const isOci =
    files.resolve('manifest.json') === undefined && files.resolve('index.json') !== undefined;
  return { kind: 'foreign', from: { transport: isOci ? 'oci-archive' : 'docker-archive', path } };
}

async function recogniseFolder(path: string): Promise<Medium> {
  const names = await diskCall(path, 'list', () => readdir(path));
  const kitNames: readonly string[] = Object.values(KIT_FILES);
  const isKit = names.some((name) => kitNames.includes(name) || isSignatureFile(name));
  const isLayout = !isKit && names.includes('oci-layout');
  return isLayout ? { kind: 'foreign', from: { transport: 'oci', path } } : { kind: 'kit' };
}

/** True for the archive in a kit folder. */
async function isInKit(path: string): Promise<boolean> {
  if (basename(path) !== KIT_FILES.archive) return false;
  const index = join(dirname(path), KIT_FILES.index);
  return (await stat(index).catch(() => undefined)) !== undefined;
}

/** True for a file whose first entry is called as a kit's is. */
async function isKitArchive(path: string, size: number): Promise<boolean> {
  const length = Math.min(size, BUNDLE_INDEX_PATH.length + 1);
  const head = await collectBytes(readFileRange({ path, length }), length);
  return head.toString('latin1') === `${BUNDLE_INDEX_PATH}\0`;
}
