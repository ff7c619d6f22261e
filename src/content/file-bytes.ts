import { Buffer } from 'node:buffer';
import { fstatSync } from 'node:fs';
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
  /** Gives the memory for each chunk. Default: new memory. */
  readonly allocate?: Allocate | undefined;
}

/** Memory for some bytes. Two chunks are in use at once: the one that was passed on last, and the one that is read. */
export type Allocate = (size: number) => Uint8Array | Promise<Uint8Array>;

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

/** {@link readFileRange} over a file that is already open, and stays open. Reads one chunk ahead. */
export async function* readHandle(
  file: FileHandle,
  { path, offset = 0, length = Number.POSITIVE_INFINITY, ...how }: FileRange,
  { signal }: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const { chunkBytes = CHUNK_BYTES, allocate = newMemory } = how;
  const end = offset + length;
  let position = offset;
  const chunks = readAhead([offset, end], async (at) => {
    signal?.throwIfAborted();
    const chunk = await allocate(Math.min(chunkBytes, end - at));
    const { bytesRead } = await readAt(file, chunk, { path, position: at });
    return chunk.subarray(0, bytesRead);
  });
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    position += chunk.byteLength;
    yield chunk;
  }
  if (length !== Number.POSITIVE_INFINITY && position < end) throw cutOff(path, [position, end]);
}

/** Reads a chunk while the one before it is in the consumer's hands. A chunk without bytes is the end. */
async function* readAhead(
  [start, end]: readonly [number, number],
  read: (position: number) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const begin = (at: number): Promise<Uint8Array> | undefined => {
    const reading = at < end ? read(at) : undefined;
    reading?.catch(() => undefined); // told when its turn comes
    return reading;
  };
  let next = begin(start);
  try {
    for (let position = start; next !== undefined;) {
      const chunk = await next;
      if (chunk.byteLength === 0) return;
      position += chunk.byteLength;
      next = begin(position);
      yield chunk;
    }
  } finally {
    await next?.catch(() => undefined); // file and memory may be somebody else's afterwards
  }
}

function newMemory(size: number): Uint8Array {
  return Buffer.allocUnsafe(size);
}

/** The error for a file that ends at a byte before the one that was expected. */
export function cutOff(path: string, [position, end]: readonly [number, number]): AirkitError {
  return new AirkitError(
    'DISK_FAILED',
    `${path}: the file ends at byte ${position}, ${end} are expected`,
    { hint: 'The file is cut off: copy it again.', context: { path } },
  );
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

/**
 * Opens a regular file to read it. What comes from elsewhere may hold pipes and devices, or links to them, which never
 * end: those are refused, and opening them does not wait.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function openForReading(path: string): Promise<FileHandle> {
  const file = await openRegular(path);
  if (file !== undefined) return file.handle;
  throw new AirkitError('DISK_FAILED', `${path}: it is no regular file`, { context: { path } });
}

export interface OpenedFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/** {@link openForReading} with the size; undefined where something else than a regular file is. @throws AirkitError DISK_FAILED */
export async function openRegular(path: string): Promise<OpenedFile | undefined> {
  const { O_RDONLY, O_NONBLOCK } = constants;
  const handle = await diskCall(path, 'open', () => open(path, O_RDONLY | O_NONBLOCK));
  const found = fstatSync(handle.fd); // opening has looked it up: there is nothing to wait for
  if (found.isFile()) return { handle, size: found.size };
  await handle.close();
  return undefined;
}

/**
 * Opens a file to write it in place, never through a link that somebody else put there.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function openForWriting(
  path: string,
  { keeps, mode = 0o644 }: { readonly keeps: boolean; readonly mode?: number },
): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const flags = O_RDWR | O_NOFOLLOW | (keeps ? 0 : O_CREAT | O_TRUNC);
  return diskCall(path, 'open', () => open(path, flags, mode));
}

/** The bytes of a regular file; undefined when there are more than `maxBytes`. @throws AirkitError DISK_FAILED */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of readHandle(file, { path, length: size })) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
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
  chunk: Uint8Array,
  { path, position }: { path: string; position: number },
): Promise<{ bytesRead: number }> {
  return diskCall(path, 'read', () => file.read(chunk, 0, chunk.byteLength, position));
}
