import { Buffer } from 'node:buffer';
import type { OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { encodeHeader } from '../tar/header.ts';
import type { BundleIndex } from './bundle-index.ts';
import { expectEntries } from './check-frames.ts';
import { BUNDLE_INDEX_PATH } from './layout.ts';
import type { OpenedArchive } from './read-archive.ts';
import type { ArchivePart } from './volumes.ts';

/**
 * Reads one tar header in each volume that has one as a whole, and bundle.json's bytes: enough to see that volumes were
 * swapped or are of another kit, unless a volume lies within a single blob.
 *
 * @returns the volumes that hold something else than what belongs there
 * @throws AirkitError DISK_FAILED
 */
export async function misplacedVolumes<T extends ArchivePart>(
  parts: readonly T[],
  { archive, index }: { readonly archive: OpenedArchive; readonly index: BundleIndex },
  options: OperationOptions = {},
): Promise<T[]> {
  const expected = [...indexPieces(archive), ...headerPieces(archive, index)];
  const misplaced: T[] = [];
  for (const part of parts.filter(({ path }) => path !== undefined)) {
    options.signal?.throwIfAborted();
    const pieces = piecesIn(part, expected);
    for (const { start, bytes } of pieces) {
      const found = await collectBytes(archive.read(start, bytes.byteLength), bytes.byteLength);
      if (found.equals(bytes)) continue;
      misplaced.push(part);
      break;
    }
  }
  return misplaced;
}

/** Bytes that belong at a place of the archive. */
interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
}

/** All of bundle.json's entry that lies in a volume, and the first header that does so as a whole. */
function piecesIn({ start, size }: ArchivePart, pieces: readonly Piece[]): Piece[] {
  const end = start + size;
  const [first, ...rest] = pieces;
  const whole = rest.find((one) => one.start >= start && one.start + one.bytes.byteLength <= end);
  if (first === undefined || first.bytes.byteLength <= start)
    return whole === undefined ? [] : [whole];
  const bytes = first.bytes.subarray(start, end);
  return whole === undefined ? [{ start, bytes }] : [{ start, bytes }, whole];
}

function indexPieces({ index }: OpenedArchive): Piece[] {
  const header = encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size: index.byteLength });
  return [{ start: 0, bytes: Buffer.concat([header, index]) }];
}

function headerPieces({ base }: OpenedArchive, index: BundleIndex): Piece[] {
  return expectEntries(index).entries.map(({ name, size, member, start }) => ({
    start: base + start,
    bytes: encodeHeader({ name, kind: member === undefined ? 'directory' : 'file', size }),
  }));
}
