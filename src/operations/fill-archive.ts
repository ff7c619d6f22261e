import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssembledArchive } from '../archive/assemble-archive.ts';
import {
  keepEarlierArchive,
  openEarlierArchive,
  planKey,
  removeEarlierArchive,
  removeOtherFiles,
} from '../archive/earlier-archive.ts';
import type { BlobFailure, BlobOrigin } from '../archive/fill-blob.ts';
import { openJournal, readJournal, type Journal } from '../archive/journal.ts';
import { allocatedBytes, type PartialKit } from '../archive/kit-folder.ts';
import { bundleIndexSpan } from '../archive/layout.ts';
import type { WrittenPart } from '../archive/part-writer.ts';
import { cutArchive } from '../archive/volumes.ts';
import {
  writeArchive,
  type ArchiveContents,
  type WriteObserver,
} from '../archive/write-archive.ts';
import { holds } from '../content/first-holding.ts';
import { diskCall } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { lacksRoom, measureSpace } from '../content/free-space.ts';

export interface ArchiveFilling {
  readonly assembled: AssembledArchive;
  readonly originsOf: ArchiveContents['originsOf'];
  /** Its files, in order. */
  readonly parts: readonly WrittenPart[];
  /** Bytes of each volume. Default: the archive is one file. */
  readonly volumeSize?: number | undefined;
  readonly observer?: WriteObserver | undefined;
}

/** An archive with its blobs. */
export interface FilledArchive {
  readonly journal: Journal;
  /** Blobs that could not be had. */
  readonly failures: readonly BlobFailure[];
}

/** Bytes of the archive, all volumes together. */
export function archiveSize({
  indexBytes,
  layout,
}: Pick<AssembledArchive, 'indexBytes' | 'layout'>): number {
  return bundleIndexSpan(indexBytes.byteLength) + layout.size;
}

/** Files of the archive of a partial kit, in order. @throws AirkitError UNSUPPORTED for too many volumes */
export function partsOf(
  { folder }: PartialKit,
  { assembled, volumeSize }: Pick<ArchiveFilling, 'assembled' | 'volumeSize'>,
): WrittenPart[] {
  const files = cutArchive(archiveSize(assembled), volumeSize);
  return files.map(({ name, start, size }) => ({ name, start, size, path: join(folder, name) }));
}

/**
 * Writes the archive of a partial kit. It goes on with what an interrupted run of the same plan left; blobs that a run
 * of another plan left are read from there, as long as the disk has room for both.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE, CACHE_DAMAGED
 */
export async function fillArchive(
  partial: PartialKit,
  { assembled, originsOf, parts, volumeSize, observer }: ArchiveFilling,
  options: OperationOptions,
): Promise<FilledArchive> {
  const { journalPath, folder } = partial;
  const { indexBytes: index, layout } = assembled;
  const paths = parts.map(({ path }) => path);
  const key = planKey(index, parts.length === 1 ? undefined : volumeSize);
  await forgetLostFiles(partial, { key, paths });
  await keepEarlierArchive(partial, key);
  await removeOtherFiles(partial, new Set(parts.map(({ name }) => name)));
  const neededBytes = Math.max(0, archiveSize(assembled) - (await allocatedBytes(paths)));
  const spaces = await measureSpace([{ path: folder, neededBytes }]);
  if (spaces.some(lacksRoom)) await removeEarlierArchive(partial);
  const earlier = await openEarlierArchive(partial, options);
  const journal = await openJournal(journalPath, key);
  options.onProgress?.({
    kind: 'phase',
    phase: 'write',
    bytes: layout.entries.reduce((sum, entry) => sum + entry.size, 0),
  });
  const origins = earlier === undefined ? originsOf : preferring(earlier, originsOf);
  const failures = await writeArchive(
    { parts, index, layout, originsOf: origins, journal, observer },
    options,
  );
  if (failures.length === 0) await removeEarlierArchive(partial);
  return { journal, failures };
}

/** A journal is worth nothing once a file that it tells of is gone. */
async function forgetLostFiles(
  { journalPath }: PartialKit,
  { key, paths }: { readonly key: string; readonly paths: readonly string[] },
): Promise<void> {
  if ((await readJournal(journalPath)).key !== key) return;
  const found = await Promise.all(paths.map(async (path) => stat(path).catch(() => undefined)));
  if (found.includes(undefined))
    await diskCall(journalPath, 'remove', () => rm(journalPath, { force: true }));
}

function preferring(
  first: BlobOrigin,
  originsOf: ArchiveContents['originsOf'],
): ArchiveContents['originsOf'] {
  return async (target) => {
    const others = await originsOf(target);
    return (await holds(first.content, target)) ? [first, ...others] : others;
  };
}
