import { Buffer } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { diskCall, writeHandle } from '../content/file-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
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

export interface ArchiveContents {
  readonly path: string;
  /** Bytes of bundle.json. */
  readonly index: Uint8Array;
  readonly layout: ArchiveLayout;
  /** Where a blob may be read, in order of preference; at least one place. */
  readonly originsOf: (descriptor: Descriptor) => Promise<readonly BlobOrigin[]>;
  readonly journal: Journal;
}

/**
 * Writes an archive. Every offset is known, so blobs are filled in side by side, each verified on the way; those that
 * the journal lists are already there. A blob that one place does not give comes from the next. The file is synced
 * before this returns.
 *
 * @returns the blobs that could not be read anywhere; all others are in place, and in the journal
 * @throws AirkitError DISK_FAILED, NO_SPACE, CACHE_DAMAGED
 */
export async function writeArchive(
  contents: ArchiveContents,
  options: OperationOptions = {},
): Promise<BlobFailure[]> {
  const { path, layout, index } = contents;
  const base = bundleIndexSpan(index.byteLength);
  const file = await diskCall(path, 'open', () =>
    open(path, contents.journal.isResumed ? 'r+' : 'w+'),
  );
  try {
    await diskCall(path, 'set the size of', () => file.truncate(base + layout.size));
    await writeFrames({ file, contents, base });
    const failures = await fillBlobs({ file, contents, base }, options);
    await diskCall(path, 'sync', () => file.sync());
    return failures;
  } finally {
    await file.close();
  }
}

interface Writing {
  readonly file: FileHandle;
  readonly contents: ArchiveContents;
  readonly base: number;
}

/** Everything but the blobs' data and zero padding: small, and the same however often it is written. */
async function writeFrames({ file, contents, base }: Writing): Promise<void> {
  const { path, layout, index } = contents;
  const first = encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size: index.byteLength });
  await writeHandle(file, frames(first, index), { path, offset: 0 });
  for (const placed of layout.entries) {
    const body = placed.entry.kind === 'file' ? placed.entry.bytes : new Uint8Array();
    await writeHandle(file, frames(entryHeader(placed), body), {
      path,
      offset: base + placed.start,
    });
  }
  await writeHandle(file, frames(Buffer.alloc(TRAILER_BYTES)), {
    path,
    offset: base + layout.size - TRAILER_BYTES,
  });
}

async function fillBlobs(writing: Writing, options: OperationOptions): Promise<BlobFailure[]> {
  const { entries } = writing.contents.layout;
  const failures = await mapLimited(
    entries,
    async (placed, call) => fillEntry(writing, placed, call),
    options,
  );
  return failures.filter((failure) => failure !== undefined);
}

async function fillEntry(
  { file, contents, base }: Writing,
  { entry, offset, size }: PlacedEntry,
  options: OperationOptions,
): Promise<BlobFailure | undefined> {
  if (entry.kind !== 'blob') return undefined;
  const { descriptor } = entry;
  const { journal, path, originsOf } = contents;
  if (journal.has(descriptor.digest)) {
    options.onProgress?.({ kind: 'bytes', bytes: size });
    return undefined;
  }
  const place = { file, path, offset: base + offset };
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
