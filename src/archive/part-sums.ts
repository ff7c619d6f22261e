import { createHash } from 'node:crypto';
import type { Allocate } from '../content/file-bytes.ts';
import { openHashThread } from '../content/hash-thread.ts';
import { splitRange, type ArchiveFile } from './volumes.ts';
import type { FileSum } from './sums.ts';

/** Takes the bytes of an archive in order. */
export interface ByteSink {
  update(bytes: Uint8Array): void;
  /** Gives the memory that the bytes must lie in. Default: any. */
  readonly allocate?: Allocate | undefined;
}

/** Sums of an archive and of each of its files, from one pass over its bytes. */
export interface PartSums extends ByteSink {
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

/** Sums of the files of an archive, computed aside. */
export interface PartSumsAside extends ByteSink, AsyncDisposable {
  /** What has been summed; undefined as long as bytes are missing. */
  result(): Promise<ArchiveSums['files'] | undefined>;
}

/** Smaller archives are summed before a thread has started. In bytes. */
const WORTH_A_THREAD = 32 * 1024 * 1024;

/**
 * Begins to sum the files of an archive, a large one on a thread of its own: whoever sums its members meanwhile need not
 * wait for a second sum of the same bytes.
 */
export function sumPartsAside(parts: readonly ArchiveFile[]): PartSumsAside {
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  if (total < WORTH_A_THREAD) return sumPartsHere(parts);
  const thread = openHashThread(parts.length);
  const numbered = parts.map((part, sum) => ({ ...part, sum }));
  let position = 0;
  return {
    allocate: thread.allocate,
    update: (bytes) => {
      const range = { offset: position, length: bytes.byteLength };
      const pieces = splitRange(numbered, range);
      position += bytes.byteLength;
      thread.update(
        bytes,
        pieces.map(({ part, length }) => ({ sum: part.sum, length })),
      );
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

/** Sums of an archive and of its files, the latter computed aside. */
export interface ArchiveSumsAside extends ByteSink, AsyncDisposable {
  /** What has been summed; undefined as long as bytes are missing. */
  result(): Promise<ArchiveSums | undefined>;
}

/** {@link sumPartsAside}, and the sum of all bytes together. */
export function sumArchiveAside(parts: readonly ArchiveFile[]): ArchiveSumsAside {
  const files = sumPartsAside(parts);
  const whole = parts.length > 1 ? createHash('sha256') : undefined;
  return {
    allocate: files.allocate,
    update: (bytes) => {
      files.update(bytes);
      whole?.update(bytes);
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

function sumPartsHere(parts: readonly ArchiveFile[]): PartSumsAside {
  const sums = sumParts(parts);
  return {
    update: (bytes) => sums.update(bytes),
    result: async () => sums.result()?.files,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
