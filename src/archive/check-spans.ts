import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundleMember } from './bundle-index.ts';
import type { ArchiveReading } from './part-sums.ts';
import type { OpenedArchive } from './read-archive.ts';

/** Bytes of an archive that are checked together. */
export interface Span {
  readonly length: number;
  /** Takes its bytes, piece by piece. */
  take(bytes: Uint8Array): void;
  /** Called when all were taken. @returns what is wrong with them */
  end(): Problem | undefined;
}

/** Bytes that are known. @param damage what is said of others */
export function fixedSpan(expected: Uint8Array, damage: Problem): Span {
  let taken = 0;
  let isDamaged = false;
  return {
    length: expected.byteLength,
    take: (bytes) => {
      const meant = expected.subarray(taken, taken + bytes.byteLength);
      taken += bytes.byteLength;
      isDamaged ||= Buffer.compare(bytes, meant) !== 0;
    },
    end: () => (isDamaged ? damage : undefined),
  };
}

/** The bytes of a member, by their sha256. */
export function summedSpan({ path, size, sha256 }: BundleMember): Span {
  const hash = createHash('sha256');
  return {
    length: size,
    take: (bytes) => hash.update(bytes),
    end: () => {
      const actual = hash.digest('hex');
      if (actual === sha256) return undefined;
      const message = `${path}: its bytes have the sha256 ${actual}`;
      return { code: 'DIGEST_MISMATCH', severity: 'error', message, subject: path };
    },
  };
}

/** Bytes that others check. */
export function skippedSpan(length: number): Span {
  return { length, take: () => undefined, end: () => undefined };
}

export interface SpanCheck {
  readonly archive: OpenedArchive;
  /** Those that follow one another from the start of the archive; each is asked for when its turn comes. */
  readonly spans: Iterable<Span>;
  /** Bytes of them all. */
  readonly length: number;
  /** Reads it where somebody else wants the bytes too. */
  readonly reading?: ArchiveReading | undefined;
}

/**
 * Reads an archive once and checks its spans.
 *
 * @throws AirkitError DISK_FAILED, also when it ends before they do; BLOB_MISSING
 */
export async function checkSpans(
  { archive, spans, length, reading }: SpanCheck,
  { signal, onProgress }: OperationOptions,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const feed = openFeed(spans[Symbol.iterator](), problems);
  const options = { signal };
  const chunks = reading?.read(length, options) ?? archive.read(0, length, options);
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    feed(chunk);
    onProgress?.({ kind: 'bytes', bytes: chunk.byteLength });
  }
  return problems;
}

/** Gives each span its bytes. */
function openFeed(spans: Iterator<Span, void>, problems: Problem[]): (chunk: Uint8Array) => void {
  let current = spans.next();
  let taken = 0; // of its bytes
  const endFull = (): void => {
    while (current.done !== true && taken === current.value.length) {
      const found = current.value.end();
      if (found !== undefined) problems.push(found);
      current = spans.next();
      taken = 0;
    }
  };
  return (chunk) => {
    for (let at = 0; current.done !== true && at < chunk.byteLength; endFull()) {
      const piece = chunk.subarray(at, at + current.value.length - taken);
      current.value.take(piece);
      at += piece.byteLength;
      taken += piece.byteLength;
    }
  };
}
