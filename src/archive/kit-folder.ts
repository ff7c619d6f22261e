import { lstat, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { diskCall } from '../content/file-bytes.ts';
import { makeFolder, removeAbandoned, syncFolder, temporaryName } from '../content/write-file.ts';
import { takeLock } from './kit-lock.ts';
import { isArchiveFile } from './volumes.ts';

/** Names in a kit folder (docs/archive-format.md). */
export const KIT_FILES = {
  archive: 'bundle.tar',
  index: 'bundle.json',
  images: 'images.txt',
  loadScript: 'load.sh',
  sums: 'SHA256SUMS',
} as const;

/** Names of single-file airkits that a kit may hold: `airkit-linux-x64`. */
export const LOADER_NAME: RegExp = /^airkit-[A-Za-z0-9._-]+$/;

/** Names in a folder whose kit is not finished. */
export const PARTIAL_FILES = {
  lock: 'lock',
  journal: 'journal',
  /** An archive of another plan and its journal, left by an earlier run. */
  earlierArchive: 'earlier.tar',
  earlierJournal: 'earlier.journal',
} as const;

/** A kit folder while it is being made. */
export interface PartialKit {
  /** `DIR.partial`. */
  readonly folder: string;
  readonly journalPath: string;
  /** Gives the folder its final name. With `replaces`, a kit that is there is removed. */
  finish(options: { readonly replaces: boolean }): Promise<void>;
  /** Ends the work on it and leaves it for a later run to resume. */
  release(): Promise<void>;
}

/**
 * Refuses an output folder that exists, unless it is a kit that may be replaced.
 *
 * @throws AirkitError OUTPUT_EXISTS
 */
export async function requireFreeOutput(
  folder: string,
  { force }: { readonly force: boolean },
): Promise<void> {
  if (folder.endsWith('.partial')) {
    throw new AirkitError(
      'USAGE',
      `${folder}: names that end in .partial are those of unfinished kits`,
    );
  }
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return;
  const isKit = await isKitFolder(folder);
  if (force && isKit) return;
  const hint = isKit
    ? 'Use --force to replace it, or -o for another folder.'
    : 'It is no kit, so airkit does not replace it: choose another folder.';
  throw new AirkitError('OUTPUT_EXISTS', `${folder} exists already`, {
    hint,
    context: { path: folder },
  });
}

/** True for a folder that holds all files of a kit: a bundle.json alone may be anybody's. */
async function isKitFolder(folder: string): Promise<boolean> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const { archive: _, ...tables } = KIT_FILES;
  return names.some(isArchiveFile) && Object.values(tables).every((name) => names.includes(name));
}

export interface PartialKitUse {
  /** Of this process; the lock names it. */
  readonly pid: number;
  /** What an interrupted run did: of a pack only archives and journals are kept, of a gathering all. Default `packing`. */
  readonly resumes?: 'packing' | 'gathering' | undefined;
}

/**
 * Makes `FOLDER.partial`, or takes over one that an interrupted run left.
 *
 * @throws AirkitError OUTPUT_BUSY while another airkit works on it, DISK_FAILED
 */
export async function openPartialKit(
  final: string,
  { pid, resumes = 'packing' }: PartialKitUse,
): Promise<PartialKit> {
  const folder = `${final}.partial`;
  await makeFolder(folder);
  await refuseLink(folder);
  const lockPath = join(folder, PARTIAL_FILES.lock);
  await takeLock(lockPath, pid);
  if (resumes === 'packing') await removeLeftovers(folder);
  return {
    folder,
    journalPath: join(folder, PARTIAL_FILES.journal),
    release: async () => unlink(lockPath).catch(() => undefined),
    finish: async ({ replaces }) => {
      const { journal, lock } = PARTIAL_FILES;
      await diskCall(folder, 'clear', () => rm(join(folder, journal), { force: true }));
      await syncFolder(folder);
      await diskCall(final, 'put in place', () =>
        replaces ? replaceFolder(folder, final) : rename(folder, final),
      );
      // Only now: without its lock another run could have taken the folder over before it had its name.
      await diskCall(final, 'clear', () => rm(join(final, lock), { force: true }));
      await removeAbandoned(dirname(final), basename(final));
      await syncFolder(final);
      await syncFolder(dirname(final));
    },
  };
}

/** What is left of an unfinished kit is removed: a link could lead to anybody's folder. */
async function refuseLink(folder: string): Promise<void> {
  if ((await diskCall(folder, 'look at', () => lstat(folder))).isDirectory()) return;
  throw new AirkitError(
    'OUTPUT_EXISTS',
    `${folder} is a link, and no folder of an unfinished kit`,
    {
      hint: 'Remove it, or choose another output folder.',
      context: { path: folder },
    },
  );
}

/**
 * Bytes of the disk that unfinished archives of a kit take up: the next run fills them, or removes them.
 *
 * @param final the kit folder
 */
export async function heldBytes(final: string): Promise<number> {
  const folder = `${final}.partial`;
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const archives = names.filter((name) => isArchiveFile(name) || isEarlierFile(name));
  return allocatedBytes(archives.map((name) => join(folder, name)));
}

/** True for an archive, or volumes of one, that a run of another plan left. */
export function isEarlierFile(name: string): boolean {
  return name.startsWith(PARTIAL_FILES.earlierArchive);
}

/** Bytes that files take up on the disk: where nothing was written, they have holes. Those that are not there count 0. */
export async function allocatedBytes(paths: readonly string[]): Promise<number> {
  // Blocks count 512 bytes each whatever the file system's own are (stat(2)).
  const found = await Promise.all(paths.map(async (path) => stat(path).catch(() => undefined)));
  return found.reduce((sum, file) => sum + (file?.blocks ?? 0) * 512, 0);
}

/** An interrupted run can go on with archives and their journals only. */
async function removeLeftovers(folder: string): Promise<void> {
  const resumable = new Set<string>(Object.values(PARTIAL_FILES));
  const isResumable = (name: string): boolean =>
    resumable.has(name) || isArchiveFile(name) || isEarlierFile(name);
  const found = await diskCall(folder, 'list', () => readdir(folder, { withFileTypes: true }));
  const others = found.filter((one) => !one.isFile() || !isResumable(one.name));
  for (const { name } of others) {
    await diskCall(folder, 'clear', () => rm(join(folder, name), { recursive: true, force: true }));
  }
}

/** Two renames: a folder cannot be exchanged for another in one step. */
async function replaceFolder(folder: string, final: string): Promise<void> {
  const old = temporaryName(final);
  const isThere = (await stat(final).catch(() => undefined)) !== undefined;
  if (!isThere) return rename(folder, final);
  await rename(final, old);
  try {
    await rename(folder, final);
  } catch (error) {
    await rename(old, final);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
