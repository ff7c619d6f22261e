import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AirkitError } from '../errors.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { temporaryName } from '../content/write-file.ts';

/** The lock names its process; one whose process is gone is taken over. */
export async function takeLock(
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
export async function startTimeOf(pid: number): Promise<string> {
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
