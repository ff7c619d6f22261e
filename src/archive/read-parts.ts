import type { FileHandle } from 'node:fs/promises';
import { AirkitError } from '../errors.ts';
import { diskCall, openForReading, readFileRange, readHandle } from '../content/file-bytes.ts';
import type { FetchOptions } from '../content/content.ts';
import type { ByteStream } from '../content/operation.ts';
import { splitRange, type ArchivePart } from './volumes.ts';

/** A file of an archive, and where it is open for all reads. */
export interface ReadablePart extends ArchivePart {
  readonly file?: FileHandle | undefined;
}

/** The files of an archive, read as one. */
export interface PartsReader {
  readonly parts: readonly ReadablePart[];
  /** Bytes of all parts. */
  readonly size: number;
  /** Streams a range; offsets count from the start of the archive. */
  readonly read: (offset: number, length: number, options?: FetchOptions) => ByteStream;
}

/** Bytes of a chunk from held files, which hundreds of readers may share, in new memory. */
const HELD_CHUNK_BYTES = 64 * 1024;

/**
 * Reads across the files of an archive.
 *
 * @param held takes the files, opened once; default: they are opened for each read
 * @throws AirkitError DISK_FAILED when a held file cannot be opened or is no longer as long as it was
 */
export async function openParts(
  parts: readonly ReadablePart[],
  { held }: { readonly held?: FileHandle[] | undefined } = {},
): Promise<PartsReader> {
  const readable: ReadablePart[] = [];
  for (const part of parts) readable.push({ ...part, file: part.file ?? (await hold(part, held)) });
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return {
    parts: readable,
    size,
    read: (offset, length, options) => readAcross(readable, { offset, length }, options),
  };
}

/** Calls with an archive whose files are opened once, not for each of very many small reads. */
export async function holdingFiles<Archive extends PartsReader, Result>(
  archive: Archive,
  call: (archive: Archive) => Promise<Result>,
): Promise<Result> {
  const held: FileHandle[] = [];
  try {
    return await call({ ...archive, ...(await openParts(archive.parts, { held })) });
  } finally {
    await Promise.all(held.map(async (file) => file.close()));
  }
}

async function hold(
  { path, size }: ArchivePart,
  held: FileHandle[] | undefined,
): Promise<FileHandle | undefined> {
  if (held === undefined || path === undefined) return undefined;
  const file = await openForReading(path);
  held.push(file);
  const { size: found } = await diskCall(path, 'look at', () => file.stat());
  if (found === size) return file;
  throw new AirkitError('DISK_FAILED', `${path}: it changed while it was opened`, {
    hint: 'Is something still writing it? Try again when that is done.',
    context: { path },
  });
}

async function* readAcross(
  parts: readonly ReadablePart[],
  range: { readonly offset: number; readonly length: number },
  options?: FetchOptions,
): AsyncGenerator<Uint8Array, void> {
  let done = 0;
  for (const { part, offset, length } of splitRange(parts, range)) {
    yield* readPart(part, { offset, length }, options);
    done += length;
  }
  if (done < range.length) {
    const path = parts.at(-1)?.path ?? '';
    throw new AirkitError(
      'DISK_FAILED',
      `${path}: the archive ends at byte ${range.offset + done}, ${range.offset + range.length} are expected`,
      { hint: 'It is cut off: copy it again.', context: { path } },
    );
  }
}

function readPart(
  { name, path, file }: ReadablePart,
  { offset, length }: { readonly offset: number; readonly length: number },
  { allocate, ...options }: FetchOptions = {},
): ByteStream {
  if (path === undefined) return failing(name);
  if (file === undefined) return readFileRange({ path, offset, length, allocate }, options);
  const chunkBytes = allocate === undefined ? HELD_CHUNK_BYTES : undefined;
  return readHandle(file, { path, offset, length, chunkBytes, allocate }, options);
}

// oxlint-disable-next-line require-yield -- a stream that fails when it is read
async function* failing(name: string): AsyncGenerator<Uint8Array, void> {
  throw new AirkitError('BLOB_MISSING', `${name} is missing, which holds a part of it`, {
    hint: 'Name the folder that has this volume with --volumes.',
    context: { path: name },
  });
}
