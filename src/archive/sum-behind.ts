import { createHash } from 'node:crypto';
import { openForReading } from '../content/file-bytes.ts';
import { openPieceSums, type PieceSums } from '../content/piece-sums.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { ArchivePiece } from './check-frames.ts';
import type { ArchiveSums } from './part-sums.ts';
import type { WrittenPart } from './part-writer.ts';
import type { SettledBytes } from './settled-bytes.ts';
import { splitRange } from './volumes.ts';

export interface WrittenArchive {
  readonly parts: readonly WrittenPart[];
  /** All of it, as it should be. */
  readonly pieces: Iterable<ArchivePiece>;
  readonly settled: SettledBytes;
}

export interface SummingOptions extends OperationOptions {
  readonly signal: AbortSignal;
}

/** Bytes after which progress is told. */
const STEP_BYTES = 16 * 1024 * 1024;

/**
 * Sums an archive close behind its writer, on a thread of its own: each byte once it is settled.
 *
 * @returns undefined when a piece of it is not what it should be
 * @throws AirkitError DISK_FAILED; the signal's reason
 */
export async function sumBehind(
  { parts, pieces, settled }: WrittenArchive,
  { signal, onProgress }: SummingOptions,
): Promise<ArchiveSums | undefined> {
  const expected = expectSums(pieces);
  await using sums = openPieceSums(expected.pieces, { files: parts.length, signal });
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  for (let at = 0; at < total;) {
    const end = Math.min(total, at + STEP_BYTES, await settled.beyond(at, signal));
    await readRange(sums, parts, { offset: at, length: end - at });
    onProgress?.({ kind: 'bytes', bytes: end - at });
    at = end;
  }
  const { whole, files, own, others } = await sums.digests();
  const isWhole = own.length === expected.own.length && others === expected.others;
  if (!isWhole || own.some((digest, number) => digest !== expected.own[number])) return undefined;
  const named = parts.map(({ name, start, size }, number) => ({ name, start, size, number }));
  return {
    sha256: whole,
    files: named.map(({ number, ...file }) => Object.assign(file, { sha256: files[number] ?? '' })),
  };
}

/** Sums that the pieces of an archive should have: those of members are known, all other bytes too. */
function expectSums(pieces: Iterable<ArchivePiece>): {
  pieces: { length: number; hasOwnSum: boolean }[];
  own: string[];
  others: string;
} {
  const others = createHash('sha256');
  const own: string[] = [];
  const summed = Array.from(pieces, (piece) => {
    if (piece.member === undefined) {
      others.update(piece.bytes);
      return { length: piece.bytes.byteLength, hasOwnSum: false };
    }
    own.push(piece.member.sha256);
    return { length: piece.member.size, hasOwnSum: true };
  });
  return { pieces: summed, own, others: others.digest('hex') };
}

async function readRange(
  sums: PieceSums,
  parts: readonly WrittenPart[],
  range: { readonly offset: number; readonly length: number },
): Promise<void> {
  const numbered = parts.map((part, number) => ({ ...part, number }));
  for (const { part, offset, length } of splitRange(numbered, range)) {
    const { path, number } = part;
    const file = await openForReading(path);
    try {
      await sums.read({ file, path, offset, length, number });
    } finally {
      await file.close();
    }
  }
}
