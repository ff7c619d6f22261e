import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KIT_FILES } from '../archive/kit-folder.ts';
import type { FileSum } from '../archive/sums.ts';
import { isArchiveFile } from '../archive/volumes.ts';
import { isSignatureFile } from '../signing/signature-files.ts';

/** A file of a kit, to be copied. */
export interface KitFile {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What SHA256SUMS says, 64 hex digits; undefined for files that it does not list. */
  readonly sha256?: string | undefined;
}

/** The packing slip, which comes last of all. */
const REPORT = 'report.html';

/**
 * All files of a kit in a folder but the archive, SHA256SUMS first: it says which kit a half-filled medium is of. What
 * else lies in the folder is left alone: media hold files of their own.
 */
export async function kitTables(
  folder: string,
  { names, sums }: { readonly names: readonly string[]; readonly sums: readonly FileSum[] },
): Promise<KitFile[]> {
  const listed = new Map(sums.map(({ name, sha256 }) => [name, sha256]));
  const isTable = (name: string): boolean =>
    !isArchiveFile(name) && (listed.has(name) || isSignatureFile(name) || name === REPORT);
  const others = names.filter(isTable).toSorted();
  const files: KitFile[] = [];
  for (const name of [KIT_FILES.sums, ...others]) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    files.push({ name, path, size: found.size, sha256: listed.get(name) });
  }
  return files;
}
