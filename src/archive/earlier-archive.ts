import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAirkitError } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import { diskCall } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { parseBundleIndex } from './bundle-index.ts';
import type { BlobOrigin } from './fill-blob.ts';
import { readJournal } from './journal.ts';
import { allocatedBytes, PARTIAL_FILES, type PartialKit } from './kit-folder.ts';
import { archiveContent, openArchive } from './read-archive.ts';

/**
 * Sets an unfinished archive of another plan aside, so that its blobs need not be fetched again. Of two such archives
 * the one with more blobs stays.
 *
 * @param key of the plan that is about to be written
 * @throws AirkitError DISK_FAILED
 */
export async function keepEarlierArchive(partial: PartialKit, key: Digest): Promise<void> {
  const { archivePath, journalPath } = partial;
  const found = await readJournal(journalPath);
  if (found.key === key || found.digests.length === 0) return;
  if ((await allocatedBytes(archivePath)) === 0) return;
  const { archive, journal } = earlierPaths(partial);
  const earlier = await readJournal(journal);
  if (earlier.digests.length > found.digests.length) return;
  await removeEarlierArchive(partial);
  await diskCall(archivePath, 'set aside', async () => {
    await rename(archivePath, archive);
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
  const paths = earlierPaths(partial);
  const { key, digests } = await readJournal(paths.journal);
  if (digests.length === 0) return undefined;
  const done = new Set<string>(digests);
  try {
    const archive = await openArchive(paths.archive, options);
    if (digestOf(archive.index) !== key) return undefined;
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
  for (const path of Object.values(earlierPaths(partial)))
    await diskCall(path, 'remove', () => rm(path, { force: true }));
}

function earlierPaths({ folder }: PartialKit): { archive: string; journal: string } {
  return {
    archive: join(folder, PARTIAL_FILES.earlierArchive),
    journal: join(folder, PARTIAL_FILES.earlierJournal),
  };
}
