import { listCache, pruneCache, type CacheEntry } from '../content/prune-cache.ts';
import { cacheFolderOf, type Host } from './host.ts';

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

export interface CacheListing {
  /** Absolute. */
  readonly folder: string;
  readonly entries: readonly CacheEntry[];
  readonly bytes: number;
}

/** What the content cache holds. @throws AirkitError DISK_FAILED */
export async function cacheList(host: Host): Promise<CacheListing> {
  const folder = cacheFolderOf(host);
  return listing(folder, await listCache(folder));
}

/**
 * Removes what has not been used for some days; 0 removes everything.
 *
 * @returns what was removed
 * @throws AirkitError DISK_FAILED
 */
export async function cachePrune(
  host: Host,
  { unusedDays }: { readonly unusedDays: number },
): Promise<CacheListing> {
  const folder = cacheFolderOf(host);
  const before =
    unusedDays === 0 ? Number.POSITIVE_INFINITY : Date.now() - unusedDays * DAY_MILLISECONDS;
  return listing(folder, await pruneCache(folder, before));
}

function listing(folder: string, entries: readonly CacheEntry[]): CacheListing {
  return { folder, entries, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
}
