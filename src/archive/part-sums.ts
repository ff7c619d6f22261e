import { createHash } from 'node:crypto';
import { openForReading } from '../content/file-bytes.ts';
import { openHashThread, type HashThread } from '../content/hash-thread.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import type { PartsReader } from './read-parts.ts';
import { splitRange, type ArchiveFile } from './volumes.ts';
import type { FileSum } from './sums.ts';

/** Sums of an archive and of each of its files, from one pass over its bytes. */
export interface PartSums {
  /** Adds bytes, in order. */
  update(bytes: Uint8Array): void;
  /** What has been summed; undefined as long as bytes are missing. */
  result(): ArchiveSums | undefined;
}

export interface ArchiveSums {
  /** Of all bytes, 64 hex digits. */
  readonly sha256: string;
  /** In the order of the volumes; the archive itself where it is not cut. */
  readonly files: readonly (FileSum & ArchiveFile)[];
}

/** Begins to sum an archive. */
export function sumParts(parts: readonly ArchiveFile[]): PartSums {
  const whole = createHash('sha256');
  const summed = parts.map((part) => ({ ...part, hash: createHash('sha256') }));
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  let position = 0;
  return {
    update: (bytes) => {
      if (parts.length > 1) whole.update(bytes);
      let done = 0;
      for (const { part, length } of splitRange(summed, {
        offset: position,
        length: bytes.byteLength,
      })) {
        part.hash.update(bytes.subarray(done, done + length));
        done += length;
      }
      position += bytes.byteLength;
    },
    result: () => {
      if (position !== total) return undefined;
      const files = summed.map(({ name, start, size, hash }) => ({
        name,
        start,
        size,
        sha256: hash.copy().digest('hex'),
      }));
      const [only] = files;
      const sha256 =
        files.length === 1 && only !== undefined ? only.sha256 : whole.copy().digest('hex');
      return { sha256, files };
    },
  };
}

/** Streams an archive from its start. */
export interface ArchiveReading {
  /**
   * The first `length` bytes; once. A chunk is good until the next one is asked for.
   *
   * @throws AirkitError DISK_FAILED, BLOB_MISSING
   */
  read(length: number, options?: OperationOptions): ByteStream;
}

/** An archive that is summed while it is read. */
export interface SummedReading<Sums> extends ArchiveReading, AsyncDisposable {
  /** What has been summed; undefined as long as bytes are missing. */
  result(): Promise<Sums | undefined>;
}

/** Smaller archives are summed before a thread has started. In bytes. */
const WORTH_A_THREAD = 32 * 1024 * 1024;

/**
 * Begins to read an archive and to sum its files, a large one on a thread of its own: whoever sums its members meanwhile
 * need not wait for a second sum of the same bytes.
 */
export function sumFilesAside(archive: PartsReader): SummedReading<ArchiveSums['files']> {
  return archive.size < WORTH_A_THREAD ? sumFilesHere(archive) : sumFilesOnThread(archive);
}

/** {@link sumFilesAside}, and the sum of all bytes together. */
export function sumArchiveAside(archive: PartsReader): SummedReading<ArchiveSums> {
  const files = sumFilesAside(archive);
  const whole = archive.parts.length > 1 ? createHash('sha256') : undefined;
  return {
    read: async function* (length, options) {
      for await (const chunk of files.read(length, options)) {
        whole?.update(chunk);
        yield chunk;
      }
    },
    result: async () => {
      const summed = await files.result();
      if (summed === undefined) return undefined;
      const sha256 = whole?.copy().digest('hex') ?? summed[0]?.sha256 ?? '';
      return { sha256, files: summed };
    },
    [Symbol.asyncDispose]: async () => files[Symbol.asyncDispose](),
  };
}

function sumFilesHere({ parts, read }: PartsReader): SummedReading<ArchiveSums['files']> {
  const sums = sumParts(parts);
  return {
    read: async function* (length, options) {
      for await (const chunk of read(0, length, options)) {
        sums.update(chunk);
        yield chunk;
      }
    },
    result: async () => sums.result()?.files,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function sumFilesOnThread(archive: PartsReader): SummedReading<ArchiveSums['files']> {
  const { parts, size: total } = archive;
  const thread = openHashThread(parts.length);
  let position = 0;
  return {
    read: async function* (length, options) {
      for await (const chunk of readParts(archive, { length, thread }, options)) {
        position += chunk.byteLength;
        yield chunk;
      }
    },
    result: async () => {
      if (position !== total) return undefined;
      const digests = await thread.digests();
      return parts.map(({ name, start, size }, sum) => ({
        name,
        start,
        size,
        sha256: digests[sum] ?? '',
      }));
    },
    [Symbol.asyncDispose]: async () => thread[Symbol.asyncDispose](),
  };
}

/** Opens one file after the other for the thread. */
async function* readParts(
  { parts, read }: PartsReader,
  { length, thread }: { readonly length: number; readonly thread: HashThread },
  options?: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const numbered = parts.map((part, sum) => ({ ...part, sum }));
  let done = 0;
  for (const { part, ...range } of splitRange(numbered, { offset: 0, length })) {
    const { path, sum } = part;
    if (path === undefined) break;
    const file = part.file ?? (await openForReading(path));
    try {
      yield* thread.read({ file, path, sum, ...range }, options);
    } finally {
      if (file !== part.file) await file.close();
    }
    done += range.length;
  }
  if (done < length) yield* read(done, length - done, options); // throws: it says what is missing
}
