import { createHash } from 'node:crypto';
import { splitRange, type ArchiveFile } from './volumes.ts';
import type { FileSum } from './sums.ts';

/** Takes the bytes of an archive in order. */
export interface ByteSink {
  update(bytes: Uint8Array): void;
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
