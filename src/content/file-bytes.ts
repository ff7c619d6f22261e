import { Buffer } from 'node:buffer';
import { access, constants, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AirkitError, messageOf, type ErrorContext } from '../errors.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** Bytes read from and written to disk at a time. */
export const CHUNK_BYTES: number = 1024 * 1024;

export interface FileRange {
  readonly path: string;
  /** Bytes from the start of the file. Default 0. */
  readonly offset?: number | undefined;
  /** Bytes to read. Default: to the end of the file. */
  readonly length?: number | undefined;
  /** Bytes of each chunk. Default {@link CHUNK_BYTES}; less where many streams are open at once. */
  readonly chunkBytes?: number | undefined;
}

/**
 * Streams a range of a file in chunks.
 *
 * @throws AirkitError DISK_FAILED when the file cannot be read or ends before the range does
 */
export async function* readFileRange(
  range: FileRange,
  options: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const file = await openForReading(range.path);
  try {
    yield* readHandle(file, range, options);
  } finally {
    await file.close();
  }
}

/** {@link readFileRange} over a file that is already open, and stays open. */
export async function* readHandle(
  file: FileHandle,
  { path, offset = 0, length, chunkBytes = CHUNK_BYTES }: FileRange,
  { signal }: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  let position = offset;
  const end = length === undefined ? Number.POSITIVE_INFINITY : offset + length;
  while (position < end) {
    signal?.throwIfAborted();
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - position));
    const { bytesRead } = await readAt(file, chunk, { path, position });
    if (bytesRead === 0) {
      if (length === undefined) return;
      throw new AirkitError(
        'DISK_FAILED',
        `${path}: the file ends at byte ${position}, ${end} are expected`,
        {
          hint: 'The file is cut off: copy it again.',
          context: { path },
        },
      );
    }
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Writes every chunk one after another from `offset` on; returns the number of bytes written. */
export async function writeHandle(
  file: FileHandle,
  bytes: ByteStream,
  { path, offset = 0 }: FileRange,
): Promise<number> {
  let position = offset;
  for await (const chunk of bytes) {
    let done = 0;
    while (done < chunk.byteLength) {
      const { bytesWritten } = await diskCall(path, 'write', () =>
        file.write(chunk, done, chunk.byteLength - done, position + done),
      );
      done += bytesWritten;
    }
    position += chunk.byteLength;
  }
  return position - offset;
}

/** Opens a file to read it. @throws AirkitError DISK_FAILED */
export async function openForReading(path: string): Promise<FileHandle> {
  return diskCall(path, 'open', () => open(path, 'r'));
}

/** Runs a file system call; its failure becomes a DISK_FAILED that names the path, or NO_SPACE when the disk is full. */
export async function diskCall<T>(path: string, verb: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AirkitError) throw error;
    throw diskFailure(`${path}: cannot ${verb}: ${messageOf(error)}`, { path }, error);
  }
}

function diskFailure(message: string, context: ErrorContext, cause: unknown): AirkitError {
  const full = isErrno(cause, 'ENOSPC') || isErrno(cause, 'EDQUOT');
  const hint = full ? 'Free some space on that file system, or choose another.' : undefined;
  return new AirkitError(full ? 'NO_SPACE' : 'DISK_FAILED', message, { hint, context, cause });
}

/** What only a disk, or the rights and limits of a process on its files, can end a call with (errno(3)). */
const DISK_ERRORS =
  'EIO ENOSPC EDQUOT EROFS EACCES EPERM EMFILE ENFILE ENOENT ENOTDIR EISDIR ENOTEMPTY EEXIST ELOOP ENAMETOOLONG EBUSY EFBIG ESTALE ENXIO'.split(
    ' ',
  );

/** The DISK_FAILED, or NO_SPACE, that a failure of a file system call is, also of one that names no path. */
export function diskFailureOf(error: unknown): AirkitError | undefined {
  if (!DISK_ERRORS.some((code) => isErrno(error, code))) return undefined;
  const { path }: { path?: unknown } = Object(error);
  return diskFailure(messageOf(error), typeof path === 'string' ? { path } : {}, error);
}

/** True when a folder is there that can be looked at. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** True when a file is there that can be looked at. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** @throws AirkitError DISK_FAILED when a folder, there or yet to be made, may not be written. */
export async function requireWritable(folder: string): Promise<void> {
  const existing = await nearestExisting(folder);
  // The dot: a file by that name is no folder.
  await diskCall(folder, 'write to', () => access(`${existing}/.`, constants.W_OK));
}

/** The path itself, or the nearest folder above it that is there. */
export async function nearestExisting(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const parent = dirname(path);
  if (found !== undefined || parent === path) return path;
  return nearestExisting(parent);
}

/** True when a file system call failed with the given code, such as `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function readAt(
  file: FileHandle,
  chunk: Buffer,
  { path, position }: { path: string; position: number },
): Promise<{ bytesRead: number }> {
  return diskCall(path, 'read', () => file.read(chunk, 0, chunk.byteLength, position));
}
