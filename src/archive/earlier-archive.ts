import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAirkitError } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import { diskCall } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { digestOf } from '../oci/digest.ts';
import { parseBundleIndex } from './bundle-index.ts';
import type { BlobOrigin } from './fill-blob.ts';
import { readJournal } from './journal.ts';
import {
  allocatedBytes,
  isEarlierFile,
  KIT_FILES,
  PARTIAL_FILES,
  type PartialKit,
} from './kit-folder.ts';
import { archiveContent, openVolumes } from './read-archive.ts';
import { isArchiveFile, type ArchivePart } from './volumes.ts';

/** What the journal of an archive begins with: its table of contents, and how it is cut. */
export function planKey(index: Uint8Array, volumeSize: number | undefined): string {
  return volumeSize === undefined ? digestOf(index) : `${digestOf(index)} ${volumeSize}`;
}

/**
 * Sets an unfinished archive of another plan aside, or one that is cut otherwise, so that its blobs need not be fetched
 * again. Of two such archives the one with more blobs stays.
 *
 * @param key of the plan that is about to be written
 * @throws AirkitError DISK_FAILED
 */
export async function keepEarlierArchive(partial: PartialKit, key: string): Promise<void> {
  const { folder, journalPath } = partial;
  const found = await readJournal(journalPath);
  if (found.key === key || found.digests.length === 0) return;
  const files = await filesOf(partial, isArchiveFile);
  if ((await allocatedBytes(files.map((name) => join(folder, name)))) === 0) return;
  const journal = earlierJournal(partial);
  const earlier = await readJournal(journal);
  if (earlier.digests.length > found.digests.length) return;
  await removeEarlierArchive(partial);
  await diskCall(folder, 'set aside the archive in', async () => {
    for (const name of files) await rename(join(folder, name), join(folder, earlierName(name)));
    await rename(journalPath, journal);
  });
}

/**
 * The blobs of the archive that was set aside; undefined where there is none that can be read. Only what its journal
 * lists is taken, and its table of contents must be the one that the journal is of. Blobs are verified when read.
 */
export async function openEarlierArchive(
  partial: PartialKit,
  options: OperationOptions,
): Promise<BlobOrigin | undefined> {
  const { key, digests } = await readJournal(earlierJournal(partial));
  if (digests.length === 0) return undefined;
  const done = new Set<string>(digests);
  try {
    const parts = await earlierParts(partial);
    const archive = await openVolumes(partial.folder, { ...options, parts });
    if (digestOf(archive.index) !== key.split(' ')[0]) return undefined;
    const whole = archiveContent(archive, parseBundleIndex(archive.index));
    const content: ContentReader = {
      fetch: (target, call) => whole.fetch(target, call),
      has: async (target, call) => done.has(target.digest) && whole.has(target, call),
    };
    return { where: 'an earlier, unfinished pack', content };
  } catch (error) {
    if (isAirkitError(error)) return undefined;
    throw error;
  }
}

/** Removes the archive that was set aside; nothing happens where there is none. */
export async function removeEarlierArchive(partial: PartialKit): Promise<void> {
  const names = [...(await filesOf(partial, isEarlierFile)), PARTIAL_FILES.earlierJournal];
  await removeFiles(partial, names);
}

/** Removes files of an archive that the plan about to be written does not have. */
export async function removeOtherFiles(
  partial: PartialKit,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const names = await filesOf(partial, (name) => isArchiveFile(name) && !wanted.has(name));
  await removeFiles(partial, names);
}

/** The archive that was set aside, or its volumes: each is as long as it was to become. */
async function earlierParts(partial: PartialKit): Promise<ArchivePart[]> {
  const parts: ArchivePart[] = [];
  let start = 0;
  for (const name of await filesOf(partial, isEarlierFile)) {
    const path = join(partial.folder, name);
    const { size } = await diskCall(path, 'look at', () => stat(path));
    parts.push({ name, path, start, size });
    start += size;
  }
  return parts;
}

async function filesOf(
  { folder }: PartialKit,
  isWanted: (name: string) => boolean,
): Promise<string[]> {
  const names = await diskCall(folder, 'list', () => readdir(folder));
  return names.filter(isWanted).toSorted();
}

async function removeFiles({ folder }: PartialKit, names: readonly string[]): Promise<void> {
  for (const path of names.map((name) => join(folder, name)))
    await diskCall(path, 'remove', () => rm(path, { force: true }));
}

/** `earlier.tar.002` for `bundle.tar.002`. */
function earlierName(name: string): string {
  return `${PARTIAL_FILES.earlierArchive}${name.slice(KIT_FILES.archive.length)}`;
}

function earlierJournal({ folder }: PartialKit): string {
  return join(folder, PARTIAL_FILES.earlierJournal);
}
