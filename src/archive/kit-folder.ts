import { lstat, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { makeFolder, removeAbandoned, syncFolder, temporaryName } from '../content/write-file.ts';
import { lockPathOf, removeDeadLock, takeLock } from './kit-lock.ts';
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
  /** Gives the folder its final name. @throws AirkitError OUTPUT_EXISTS when something has it meanwhile, DISK_FAILED */
  finish(): Promise<void>;
  /** Ends the work on it and leaves it for a later run to resume. */
  release(): Promise<void>;
  /** Ends the work on it and leaves only what an earlier run did. */
  discard(): Promise<void>;
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
  if (isKit) await removeDeadLock(`${folder}.partial`);
  throw outputExists(folder, isKit);
}

function outputExists(folder: string, isKit: boolean): AirkitError {
  const hint = isKit
    ? 'Use --force to replace it, or -o for another folder.'
    : 'It is no kit, so airkit does not replace it: choose another folder.';
  return new AirkitError('OUTPUT_EXISTS', `${folder} exists already`, {
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
  /** A kit that is there under the final name is removed in the end. Default false: it is refused. */
  readonly replaces?: boolean | undefined;
}

/**
 * Makes `FOLDER.partial`, or takes over one that an interrupted run left.
 *
 * @throws AirkitError OUTPUT_BUSY while another airkit works on it, OUTPUT_EXISTS when another has finished it meanwhile,
 * DISK_FAILED
 */
export async function openPartialKit(
  final: string,
  { pid, resumes = 'packing', replaces = false }: PartialKitUse,
): Promise<PartialKit> {
  const folder = `${final}.partial`;
  await makeFolder(dirname(folder));
  await takeLock(folder, pid);
  const release = async (): Promise<void> => unlink(lockPathOf(folder)).catch(() => undefined);
  let isNew = false;
  try {
    if (!replaces) await requireFreeOutput(final, { force: false });
    isNew = (await lstat(folder).catch(() => undefined)) === undefined;
    await makeFolder(folder);
    await refuseLink(folder);
    if (resumes === 'packing') await removeLeftovers(folder);
  } catch (error) {
    await release();
    throw error;
  }
  const journalPath = join(folder, PARTIAL_FILES.journal);
  return {
    folder,
    journalPath,
    release,
    discard: async () => {
      if (isNew) await diskCall(folder, 'remove', () => rm(folder, { recursive: true }));
      await release();
    },
    finish: async () => {
      await diskCall(folder, 'clear', () => rm(journalPath, { force: true }));
      await syncFolder(folder);
      await putInPlace(folder, { final, replaces });
      // Only now: without its lock another run could have taken the folder over before it had its name.
      await release();
      await removeAbandoned(dirname(final), basename(final));
      await syncFolder(final);
      await syncFolder(dirname(final));
    },
  };
}

/** What somebody else put under the name meanwhile stays. */
async function putInPlace(
  folder: string,
  { final, replaces }: { readonly final: string; readonly replaces: boolean },
): Promise<void> {
  await diskCall(final, 'put in place', async () => {
    try {
      await (replaces ? replaceFolder(folder, final) : rename(folder, final));
    } catch (error) {
      const isTaken = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].some((code) => isErrno(error, code));
      throw isTaken ? outputExists(final, await isKitFolder(final)) : error;
    }
  });
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
