import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareStrings } from '../oci/compare.ts';
import { diskCall, isErrno } from './file-bytes.ts';

/** A file of the cache. */
export interface CacheEntry {
  /** Relative to the cache folder. */
  readonly path: string;
  readonly kind: 'blob' | 'layer-record' | 'export-record' | 'unfinished';
  /** Bytes on disk. */
  readonly size: number;
  /** Time of last use, in milliseconds since 1970. */
  readonly usedAt: number;
}

const FOLDERS = [
  { folder: 'blobs', kind: 'blob' },
  { folder: 'layers', kind: 'layer-record' },
  { folder: 'exports', kind: 'export-record' },
  { folder: 'ingest', kind: 'unfinished' },
] as const;

/** Every file of a cache, sorted by path; empty where there is no cache. @throws AirkitError DISK_FAILED */
export async function listCache(folder: string): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const { folder: part, kind } of FOLDERS) {
    for (const path of await listFiles(join(folder, part))) {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) continue;
      entries.push({
        path: path.slice(folder.length + 1),
        kind,
        size: found.size,
        usedAt: found.mtimeMs,
      });
    }
  }
  return entries.toSorted((a, b) => compareStrings(a.path, b.path));
}

/**
 * Removes what was last used before `usedBefore` (milliseconds since 1970) and returns it.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function pruneCache(folder: string, usedBefore: number): Promise<CacheEntry[]> {
  const stale = (await listCache(folder)).filter((entry) => entry.usedAt < usedBefore);
  for (const entry of stale) {
    const path = join(folder, entry.path);
    await diskCall(path, 'remove', () => rm(path, { force: true }));
  }
  return stale;
}

async function listFiles(folder: string): Promise<string[]> {
  return diskCall(folder, 'list', async () => {
    try {
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}
