import { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { reportBytes } from '../content/count-bytes.ts';
import { encodeHeader, paddingOf, TRAILER_BYTES } from '../tar/header.ts';
import { BUNDLE_INDEX_PATH, entryHeader, type PlacedEntry } from './layout.ts';
import type { ArchiveContents } from './write-archive.ts';

/**
 * The bytes of an archive in their order, for a pipe: the same that `writeArchive` puts into a file. Each blob is
 * verified as it passes. When one fails the stream fails, and what reads it lacks manifest.json, so no engine takes it.
 *
 * @throws AirkitError what the blobs' origins throw, while iterated
 */
export async function* streamArchive(
  { index, layout, originsOf }: Omit<ArchiveContents, 'parts' | 'journal'>,
  options: OperationOptions = {},
): ByteGenerator {
  yield encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size: index.byteLength });
  yield* padded(index);
  for (const placed of layout.entries) {
    options.signal?.throwIfAborted();
    yield entryHeader(placed);
    if (placed.entry.kind === 'file') yield* padded(placed.entry.bytes);
    else if (placed.entry.kind === 'blob') yield* blobOf(placed, { originsOf }, options);
  }
  yield Buffer.alloc(TRAILER_BYTES);
}

type ByteGenerator = AsyncGenerator<Uint8Array, void>;

async function* blobOf(
  { entry, size }: PlacedEntry,
  { originsOf }: Pick<ArchiveContents, 'originsOf'>,
  options: OperationOptions,
): ByteGenerator {
  if (entry.kind !== 'blob') return;
  const [origin] = await originsOf(entry.descriptor);
  if (origin === undefined)
    throw new AirkitError('BLOB_MISSING', `no image holds ${entry.descriptor.digest}`);
  const bytes: ByteStream = origin.content.fetch(entry.descriptor, options);
  yield* reportBytes(bytes, options);
  if (paddingOf(size) > 0) yield Buffer.alloc(paddingOf(size));
}

function* padded(bytes: Uint8Array): Generator<Uint8Array, void> {
  if (bytes.byteLength > 0) yield bytes;
  const padding = paddingOf(bytes.byteLength);
  if (padding > 0) yield Buffer.alloc(padding);
}
