import { link, rename, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { diskCall, isErrno, readSmallFile } from '../content/file-bytes.ts';
import { identityOf, isRunning } from '../content/process-identity.ts';
import { removeAbandoned, removeTemporary, temporaryName } from '../content/write-file.ts';
import { AirkitError } from '../errors.ts';

/** Where the lock of an unfinished kit is: beside its folder, so that a kit has none in it when it gets its name. */
export function lockPathOf(folder: string): string {
  return `${folder}.lock`;
}

/**
 * Takes the lock of an unfinished kit for a process, which it names; one whose process is gone is taken over.
 *
 * @throws AirkitError OUTPUT_BUSY while another airkit has it, DISK_FAILED
 */
export async function takeLock(folder: string, pid: number): Promise<void> {
  const path = lockPathOf(folder);
  const identity = asLock((await identityOf(pid)) || String(pid));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await createLock(path, identity)) {
      await removeAbandoned(dirname(path), basename(path));
      return;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && (await isAlive(holder))) throw busy(folder, holder);
    await setAside(path, holder);
  }
  throw busy(folder, 'another process');
}

/** Removes a lock whose process is gone: a run that was killed between the kit's name and the end leaves one. */
export async function removeDeadLock(folder: string): Promise<void> {
  const path = lockPathOf(folder);
  const holder = await readHolder(path);
  if (holder !== undefined && !(await isAlive(holder))) await setAside(path, holder);
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
      await removeTemporary(temporary);
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
  const taken = await readHolder(aside);
  // A link, since a rename would take the place of a lock that a third process has by now.
  if (taken !== undefined && taken !== seen) await link(aside, path).catch(() => undefined);
  await removeTemporary(aside);
}

/** Undefined where nothing is, or something that is no lock: a pipe that somebody planted would never end. */
async function readHolder(path: string): Promise<string | undefined> {
  const bytes = await readSmallFile(path, MAX_LOCK_BYTES).catch(() => undefined);
  return bytes?.toString('utf8');
}

const MAX_LOCK_BYTES = 1024;

/**
 * What a lock holds that another airkit may have written: number and start of its process, with a space between; the
 * number alone where the system does not tell the start.
 */
function asLock(identity: string): string {
  return identity.replace('-', ' ');
}

async function isAlive(lock: string): Promise<boolean> {
  const [pid = '', start] = lock.split(' ');
  if (!/^\d+$/.test(pid)) return false;
  const now = await identityOf(Number(pid));
  return now === '' || start === undefined ? isRunning(Number(pid)) : asLock(now) === lock;
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
