import {
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { syncFolder, temporaryName } from '../content/write-file.ts';
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
  const found = await stat(folder).catch(() => undefined);
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
  await diskCall(folder, 'make the folder', () => mkdir(folder, { recursive: true }));
  const lockPath = join(folder, PARTIAL_FILES.lock);
  await takeLock(lockPath, { folder, identity: `${pid} ${await startTimeOf(pid)}` });
  if (resumes === 'packing') await removeLeftovers(folder);
  return {
    folder,
    journalPath: join(folder, PARTIAL_FILES.journal),
    release: async () => unlink(lockPath).catch(() => undefined),
    finish: async ({ replaces }) => {
      await rm(join(folder, PARTIAL_FILES.journal), { force: true });
      await syncFolder(folder);
      await diskCall(final, 'put in place', () =>
        replaces ? replaceFolder(folder, final) : rename(folder, final),
      );
      // Only now: without its lock another run could have taken the folder over before it had its name.
      await rm(join(final, PARTIAL_FILES.lock), { force: true });
      await syncFolder(final);
      await syncFolder(dirname(final));
    },
  };
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
  const names = await diskCall(folder, 'list', () => readdir(folder));
  for (const name of names.filter((one) => !isResumable(one))) {
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

/** The lock names its process; one whose process is gone is taken over. */
async function takeLock(
  path: string,
  { folder, identity }: { readonly folder: string; readonly identity: string },
): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await createLock(path, identity)) return;
    const holder = await readFile(path, 'utf8').catch(() => undefined);
    if (holder !== undefined && (await isAlive(holder))) throw busy(folder, holder);
    await setAside(path, holder);
  }
  throw busy(folder, 'another process');
}

/** The lock appears with its text in one step: an empty one would look like that of a dead process. */
async function createLock(path: string, text: string): Promise<boolean> {
  const temporary = temporaryName(path);
  return diskCall(path, 'create', async () => {
    await writeFile(temporary, text);
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      // FAT has no hard links: there the lock is only as good as an exclusive create.
      if (isErrno(error, 'EPERM') || isErrno(error, 'ENOTSUP'))
        return await createExclusively(path, text);
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Renaming is atomic, so of two processes that find the same dead lock only one removes it. */
async function setAside(path: string, seen: string | undefined): Promise<void> {
  const aside = temporaryName(path);
  await rename(path, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== seen) await rename(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** An identity is a process number and its start time, since numbers are used again. */
async function isAlive(identity: string): Promise<boolean> {
  const [pid = '', start = ''] = identity.split(' ');
  const now = /^\d+$/.test(pid) ? await startTimeOf(Number(pid)) : '';
  return now !== '' && now === start;
}

/** Field 22 of /proc/PID/stat (proc(5)); empty when there is no such process. */
async function startTimeOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function busy(folder: string, holder: string): AirkitError {
  return new AirkitError(
    'OUTPUT_BUSY',
    `${basename(folder)}: another airkit (process ${holder.split(' ')[0]}) is writing this kit`,
    {
      hint: 'Wait for it, or choose another folder with -o.',
      context: { path: folder },
    },
  );
}
