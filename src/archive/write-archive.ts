import { Buffer } from 'node:buffer';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { isAirkitError } from '../errors.ts';
import { encodeHeader, TRAILER_BYTES } from '../tar/header.ts';
import { mapLimited } from '../content/map-limited.ts';
import { bytesLocation } from '../content/mapped-reader.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import {
  BUNDLE_INDEX_PATH,
  bundleIndexSpan,
  entryHeader,
  type ArchiveLayout,
  type PlacedEntry,
} from './layout.ts';
import { fillBlob, type BlobFailure, type BlobOrigin } from './fill-blob.ts';
import type { Journal } from './journal.ts';
import { openArchiveWriter, type ArchiveWriter, type WrittenPart } from './part-writer.ts';

export interface ArchiveContents {
  /** The archive, or its volumes in order; together as long as the layout says. */
  readonly parts: readonly WrittenPart[];
  /** Bytes of bundle.json. */
  readonly index: Uint8Array;
  readonly layout: ArchiveLayout;
  /** Where a blob may be read, in order of preference; at least one place. */
  readonly originsOf: (descriptor: Descriptor) => Promise<readonly BlobOrigin[]>;
  readonly journal: Journal;
  readonly observer?: WriteObserver | undefined;
}

/** Hears how an archive is written. */
export interface WriteObserver {
  /** The first `end` bytes are written and synced. */
  settled(end: number): void;
  /** Bytes are written once more, since the origin that gave them turned out to be damaged. */
  rewritten(): void;
}

/**
 * Writes an archive. Every offset is known, so blobs are filled in side by side, each verified on the way; those that
 * the journal lists are already there. A blob that one place does not give comes from the next. The files are
 * synced before this returns.
 *
 * @returns the blobs that could not be read anywhere; all others are in place, and in the journal
 * @throws AirkitError DISK_FAILED, NO_SPACE, CACHE_DAMAGED
 */
export async function writeArchive(
  contents: ArchiveContents,
  options: OperationOptions = {},
): Promise<BlobFailure[]> {
  const base = bundleIndexSpan(contents.index.byteLength);
  const archive = await openArchiveWriter(contents.parts, {
    isResumed: contents.journal.isResumed,
    onSettled: (end) => contents.observer?.settled(end),
  });
  try {
    await writeFrames({ archive, contents, base });
    const failures = await fillBlobs({ archive, contents, base }, options);
    await archive.sync();
    requireCache(failures);
    return failures;
  } finally {
    await archive.close();
  }
}

interface Writing {
  readonly archive: ArchiveWriter;
  readonly contents: ArchiveContents;
  readonly base: number;
}

/** Everything but the blobs, their headers and zero padding: small, and the same however often it is written. */
async function writeFrames({ archive, contents, base }: Writing): Promise<void> {
  const { layout, index } = contents;
  const first = encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size: index.byteLength });
  await archive.write(frames(first, index), 0);
  for (const placed of layout.entries) {
    if (placed.entry.kind === 'blob') continue;
    const body = placed.entry.kind === 'file' ? placed.entry.bytes : new Uint8Array();
    await archive.write(frames(entryHeader(placed), body), base + placed.start);
  }
  const end = base + layout.size;
  await archive.write(frames(Buffer.alloc(TRAILER_BYTES)), end - TRAILER_BYTES);
}

async function fillBlobs(writing: Writing, options: OperationOptions): Promise<BlobFailure[]> {
  const { entries } = writing.contents.layout;
  const front = openFront(writing);
  const failures = await mapLimited(
    entries,
    async (placed, call) => fillEntry({ ...writing, front }, placed, call),
    options,
  );
  return failures.filter((failure) => failure !== undefined);
}

/** Where the bytes end that are in place from the start of the archive on, while blobs are filled in side by side. */
interface Front {
  /** An entry is in place up to there, in bytes from the start of the archive. */
  reach(placed: PlacedEntry, end: number): void;
  /** All of an entry is in place. */
  pass(placed: PlacedEntry): void;
}

function openFront({ archive, base, contents }: Writing): Front {
  const { entries, size } = contents.layout;
  const reached = new Map<PlacedEntry, number>();
  let first = 0; // of those that are not in place
  const tell = (): void => {
    for (let next = entries[first]; next !== undefined; next = entries[(first += 1)]) {
      const end = reached.get(next) ?? base + next.start;
      if (end !== Number.POSITIVE_INFINITY) {
        archive.complete(end);
        return;
      }
      reached.delete(next);
    }
    archive.complete(base + size);
  };
  return {
    reach: (placed, end) => {
      if (end < (reached.get(placed) ?? 0)) contents.observer?.rewritten();
      reached.set(placed, end);
      tell();
    },
    pass: (placed) => {
      reached.set(placed, Number.POSITIVE_INFINITY);
      tell();
    },
  };
}

/** What the cache lost can be had again by planning anew: by now all that is damaged in it has been noticed. */
function requireCache(failures: readonly BlobFailure[]): void {
  const damaged = failures.find(({ error }) => isAirkitError(error, 'CACHE_DAMAGED'));
  if (damaged !== undefined) throw damaged.error;
}

async function fillEntry(
  { archive, contents, base, front }: Writing & { readonly front: Front },
  placed: PlacedEntry,
  options: OperationOptions,
): Promise<BlobFailure | undefined> {
  const { entry, start, size } = placed;
  const isInPlace = entry.kind !== 'blob' || contents.journal.has(entry.descriptor.digest);
  if (isInPlace) {
    if (entry.kind === 'blob') options.onProgress?.({ kind: 'bytes', bytes: size });
    front.pass(placed);
    return undefined;
  }
  const { descriptor } = entry;
  const { journal, originsOf } = contents;
  const onWritten = (end: number): void => front.reach(placed, end);
  const place = { archive, header: entryHeader(placed), start: base + start, onWritten };
  const error = await fillBlob(
    { descriptor, origins: await originsOf(descriptor) },
    place,
    options,
  );
  if (error !== undefined) return { descriptor, error };
  await journal.record(descriptor.digest);
  front.pass(placed);
  return undefined;
}

function frames(...parts: readonly Uint8Array[]): ByteStream {
  return bytesLocation(Buffer.concat(parts)).open();
}
