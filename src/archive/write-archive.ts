import { Buffer } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { reportBytes } from '../content/count-bytes.ts';
import type { ContentReader } from '../content/content.ts';
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
import type { Journal } from './journal.ts';

export interface ArchiveContents {
  readonly path: string;
  /** Bytes of bundle.json. */
  readonly index: Uint8Array;
  readonly layout: ArchiveLayout;
  /** Where each blob comes from. */
  readonly contentOf: (descriptor: Descriptor) => ContentReader;
  readonly journal: Journal;
}

/**
 * Writes an archive. Every offset is known, so blobs are filled in side by side, each verified on the way; those that
 * the journal lists are already there. The file is synced before this returns.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE, and what reading a blob throws
 */
export async function writeArchive(
  contents: ArchiveContents,
  options: OperationOptions = {},
): Promise<void> {
  const { path, layout, index } = contents;
  const base = bundleIndexSpan(index.byteLength);
  const file = await diskCall(path, 'open', () =>
    open(path, contents.journal.isResumed ? 'r+' : 'w+'),
  );
  try {
    await diskCall(path, 'set the size of', () => file.truncate(base + layout.size));
    await writeFrames({ file, contents, base });
    await fillBlobs({ file, contents, base }, options);
    await diskCall(path, 'sync', () => file.sync());
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

async function fillBlobs(writing: Writing, options: OperationOptions): Promise<void> {
  const { entries } = writing.contents.layout;
  await mapLimited(entries, async (placed, call) => fillBlob(writing, placed, call), options);
}

async function fillBlob(
  { file, contents, base }: Writing,
  { entry, offset, size }: PlacedEntry,
  options: OperationOptions,
): Promise<void> {
  if (entry.kind !== 'blob') return;
  const { digest } = entry.descriptor;
  if (contents.journal.has(digest)) {
    options.onProgress?.({ kind: 'bytes', bytes: size });
    return;
  }
  const bytes = contents.contentOf(entry.descriptor).fetch(entry.descriptor, options);
  await writeHandle(file, reportBytes(bytes, options), {
    path: contents.path,
    offset: base + offset,
  });
  await contents.journal.record(digest);
}

function frames(...parts: readonly Uint8Array[]): ByteStream {
  return bytesLocation(Buffer.concat(parts)).open();
}
