import { link, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { identityOf } from '../content/process-identity.ts';
import { removeTemporary, temporaryName } from '../content/write-file.ts';
import { AirkitError } from '../errors.ts';

/**
 * Takes a lock for a process, which it names; one whose process is gone is taken over.
 *
 * @throws AirkitError OUTPUT_BUSY while another airkit has it, DISK_FAILED
 */
export async function takeLock(path: string, pid: number): Promise<void> {
  const folder = dirname(path);
  const identity = asLock(await identityOf(pid));
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
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== seen) await rename(aside, path).catch(() => undefined);
  await removeTemporary(aside);
}

/** What a lock holds that another airkit may have written: number and start of its process, with a space between. */
function asLock(identity: string): string {
  return identity.replace('-', ' ');
}

async function isAlive(lock: string): Promise<boolean> {
  const [pid = ''] = lock.split(' ');
  const now = /^\d+$/.test(pid) ? asLock(await identityOf(Number(pid))) : '';
  return now !== '' && now === lock;
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
