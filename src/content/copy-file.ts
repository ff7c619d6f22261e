import { createHash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { diskCall, isErrno, openForWriting, readFileRange, writeHandle } from './file-bytes.ts';
import type { ByteStream, OperationOptions } from './operation.ts';
import { sumUncached } from './read-uncached.ts';
import { syncFolder } from './write-file.ts';

export interface FileCopy {
  readonly from: string;
  readonly to: string;
  /** What the file must have, 64 hex digits; undefined takes it as it is. */
  readonly sha256?: string | undefined;
}

export interface CopiedFile {
  /** Bytes. */
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256: string;
  /** True when the bytes were read back from the medium, past the page cache. */
  readonly isReread: boolean;
}

/**
 * Copies a file so that it appears under its name only once it is complete, synced and, where the file system lets
 * it, read back from the medium. A file that is in the way is replaced.
 *
 * @throws AirkitError DIGEST_MISMATCH for a source that is not what it should be; DISK_FAILED, NO_SPACE
 */
export async function copyFile(
  { from, to, sha256: expected }: FileCopy,
  options: OperationOptions = {},
): Promise<CopiedFile> {
  const temporary = unfinishedName(to);
  try {
    const { mode } = await diskCall(from, 'look at', () => stat(from));
    await diskCall(to, 'replace', () => rm(to, { force: true }));
    const { size, sha256 } = await writeCopy({ from, to: temporary, mode: mode & 0o777 }, options);
    if (expected !== undefined && sha256 !== expected) throw wrongSource(from, expected, sha256);
    const found = await sumUncached(temporary, { signal: options.signal });
    if (found !== undefined && found !== sha256) throw badMedium(to);
    await diskCall(to, 'rename', () => rename(temporary, to));
    await syncNames(dirname(to));
    return { size, sha256, isReread: found !== undefined };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

const UNFINISHED = '.airkit-copy';

/** Where a copy is until it is complete; the same in every run, so that none stays. */
export function unfinishedName(path: string): string {
  return join(dirname(path), `.${basename(path)}${UNFINISHED}`);
}

/** True for the name of a copy that an interrupted run left. */
export function isUnfinishedName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(UNFINISHED);
}

async function writeCopy(
  { from, to, mode }: { readonly from: string; readonly to: string; readonly mode: number },
  options: OperationOptions,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  async function* summed(): ByteStream {
    for await (const chunk of readFileRange({ path: from }, options)) {
      hash.update(chunk);
      yield chunk;
      options.onProgress?.({ kind: 'bytes', bytes: chunk.byteLength });
    }
  }
  const file = await openForWriting(to, { keeps: false, mode });
  try {
    const size = await writeHandle(file, summed(), { path: to }).catch(explainLimit);
    await diskCall(to, 'sync', () => file.sync());
    return { size, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/** File systems tell of their limit only when it is met. */
function explainLimit(error: unknown): never {
  if (!(error instanceof AirkitError) || !isErrno(error.cause, 'EFBIG')) throw error;
  const { code, message, context, cause } = error;
  const hint = 'The file system takes no file that large: pack with --volume-size fat32.';
  throw new AirkitError(code, message, { hint, context, cause });
}

/** Some file systems have nothing to sync in a folder, and say so. */
async function syncNames(folder: string): Promise<void> {
  await syncFolder(folder).catch((error: unknown) => {
    if (error instanceof AirkitError && isErrno(error.cause, 'EINVAL')) return;
    throw error;
  });
}

function wrongSource(path: string, expected: string, actual: string): AirkitError {
  return new AirkitError(
    'DIGEST_MISMATCH',
    `${path}: its sha256 is ${actual}, SHA256SUMS says ${expected}`,
    { hint: 'It is damaged: take it from another copy.', context: { path, expected, actual } },
  );
}

function badMedium(path: string): AirkitError {
  return new AirkitError('DISK_FAILED', `${path}: what was read back is not what was written`, {
    hint: 'The medium loses data: use another one.',
    context: { path },
  });
}
