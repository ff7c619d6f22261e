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
  /** Called when more bytes from the start of the archive on are written and synced, with how many. */
  readonly onSettled?: ((end: number) => void) | undefined;
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
    onSettled: contents.onSettled,
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
  const { archive, base, contents } = writing;
  const { entries, size } = contents.layout;
  const filled = new Set<PlacedEntry>();
  let first = 0; // of those that are not filled
  const failures = await mapLimited(
    entries,
    async (placed, call) => {
      const failure = await fillEntry(writing, placed, call);
      if (failure !== undefined) return failure;
      filled.add(placed);
      for (let next = entries[first]; next !== undefined && filled.delete(next);)
        next = entries[(first += 1)];
      archive.complete(base + (entries[first]?.start ?? size));
      return undefined;
    },
    options,
  );
  return failures.filter((failure) => failure !== undefined);
}

/** What the cache lost can be had again by planning anew: by now all that is damaged in it has been noticed. */
function requireCache(failures: readonly BlobFailure[]): void {
  const damaged = failures.find(({ error }) => isAirkitError(error, 'CACHE_DAMAGED'));
  if (damaged !== undefined) throw damaged.error;
}

async function fillEntry(
  { archive, contents, base }: Writing,
  placed: PlacedEntry,
  options: OperationOptions,
): Promise<BlobFailure | undefined> {
  const { entry, start, size } = placed;
  if (entry.kind !== 'blob') return undefined;
  const { descriptor } = entry;
  const { journal, originsOf } = contents;
  if (journal.has(descriptor.digest)) {
    options.onProgress?.({ kind: 'bytes', bytes: size });
    return undefined;
  }
  const place = { archive, header: entryHeader(placed), start: base + start };
  const error = await fillBlob(
    { descriptor, origins: await originsOf(descriptor) },
    place,
    options,
  );
  if (error !== undefined) return { descriptor, error };
  await journal.record(descriptor.digest);
  return undefined;
}

function frames(...parts: readonly Uint8Array[]): ByteStream {
  return bytesLocation(Buffer.concat(parts)).open();
}
