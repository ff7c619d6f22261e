import { cacheList, cachePrune, type CacheListing } from '../../index.ts';
import { formatBytes, formatTable, plural } from '../format.ts';
import type { Command } from '../run-command.ts';

export function cacheListCommand(): Command {
  return async (host) => {
    const listing = await cacheList(host);
    const rows = listing.entries.map(({ path, kind, size, usedAt }) => [
      path,
      kind,
      formatBytes(size),
      dayOf(usedAt),
    ]);
    const table =
      rows.length === 0 ? '' : formatTable(['ENTRY', 'KIND', 'SIZE', 'LAST USED'], rows, ['SIZE']);
    return { data: dataOf(listing), text: `${table}${summary(listing)} in ${listing.folder}\n` };
  };
}

export function cachePruneCommand(unusedDays: number): Command {
  return async (host) => {
    const removed = await cachePrune(host, { unusedDays });
    return { data: dataOf(removed), text: `${summary(removed)} removed from ${removed.folder}\n` };
  };
}

function dataOf({ folder, entries, bytes }: CacheListing): object {
  const dated = entries.map(({ path, kind, size, usedAt }) => ({
    path,
    kind,
    size,
    usedAt: new Date(usedAt).toISOString(),
  }));
  return { folder, entries: dated, bytes };
}

function summary({ entries, bytes }: CacheListing): string {
  return `${plural(entries.length, 'file')}, ${formatBytes(bytes)}`;
}

/** YYYY-MM-DD in UTC. */
function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
