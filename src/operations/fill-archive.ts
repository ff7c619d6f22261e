import { stat, rm } from 'node:fs/promises';
import type { AssembledArchive } from '../archive/assemble-archive.ts';
import {
  keepEarlierArchive,
  openEarlierArchive,
  removeEarlierArchive,
} from '../archive/earlier-archive.ts';
import type { BlobFailure, BlobOrigin } from '../archive/fill-blob.ts';
import { openJournal, type Journal } from '../archive/journal.ts';
import { allocatedBytes, type PartialKit } from '../archive/kit-folder.ts';
import { bundleIndexSpan } from '../archive/layout.ts';
import { writeArchive, type ArchiveContents } from '../archive/write-archive.ts';
import { holds } from '../content/first-holding.ts';
import type { OperationOptions } from '../content/operation.ts';
import { digestOf } from '../oci/digest.ts';
import { lacksRoom, measureSpace } from '../content/free-space.ts';

export interface ArchiveFilling {
  readonly assembled: AssembledArchive;
  readonly originsOf: ArchiveContents['originsOf'];
}

/** An archive with its blobs. */
export interface FilledArchive {
  readonly journal: Journal;
  /** Blobs that could not be had. */
  readonly failures: readonly BlobFailure[];
}

/** Bytes of bundle.tar. */
export function archiveSize({
  indexBytes,
  layout,
}: Pick<AssembledArchive, 'indexBytes' | 'layout'>): number {
  return bundleIndexSpan(indexBytes.byteLength) + layout.size;
}

/**
 * Writes the archive of a partial kit. It goes on with what an interrupted run of the same plan left; blobs that a run
 * of another plan left are read from there, as long as the disk has room for both.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE, CACHE_DAMAGED
 */
export async function fillArchive(
  partial: PartialKit,
  { assembled, originsOf }: ArchiveFilling,
  options: OperationOptions,
): Promise<FilledArchive> {
  const { archivePath: path, journalPath } = partial;
  const { indexBytes: index, layout } = assembled;
  const key = digestOf(index);
  if ((await stat(path).catch(() => undefined)) === undefined)
    await rm(journalPath, { force: true });
  await keepEarlierArchive(partial, key);
  const neededBytes = Math.max(0, archiveSize(assembled) - (await allocatedBytes(path)));
  const spaces = await measureSpace([{ path: partial.folder, neededBytes }]);
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
    { path, index, layout, originsOf: origins, journal },
    options,
  );
  if (failures.length === 0) await removeEarlierArchive(partial);
  return { journal, failures };
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
