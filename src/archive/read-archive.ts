import { stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { Buffer } from 'node:buffer';
import { AirkitError, messageOf } from '../errors.ts';
import type { ByteRange, RangeReader } from '../content/content.ts';
import { missingBlob, wrongSize } from '../content/blob-folder.ts';
import { diskCall } from '../content/file-bytes.ts';
import { mappedReader, type BlobLocation } from '../content/mapped-reader.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { BLOCK_BYTES, decodeBlock, malformed } from '../tar/header.ts';
import { MAX_BUNDLE_INDEX_BYTES, type BundleIndex } from './bundle-index.ts';
import { BUNDLE_INDEX_PATH, bundleIndexSpan } from './layout.ts';
import { openParts, type PartsReader } from './read-parts.ts';
import type { ArchivePart } from './volumes.ts';

/** An archive whose bundle.json has been read, but not judged. */
export interface OpenedArchive extends PartsReader {
  readonly path: string;
  /** Bytes of its bundle.json. */
  readonly index: Uint8Array;
  /** Bytes from the start of the archive to the end of bundle.json's padded entry: where member offsets count from. */
  readonly base: number;
}

export interface OpenArchiveOptions extends OperationOptions {
  /**
   * Takes the files of the archive, opened once and read through from then on: another file under the same path is
   * never seen. The caller closes them. Default: files are opened for each read.
   */
  readonly held?: FileHandle[] | undefined;
}

/**
 * Opens an archive and reads its first entry, which must be bundle.json.
 *
 * @throws AirkitError ARCHIVE_MALFORMED when airkit did not write it, or it is damaged at its start; DISK_FAILED
 */
export async function openArchive(
  path: string,
  options: OpenArchiveOptions = {},
): Promise<OpenedArchive> {
  const { size } = await diskCall(path, 'look at', () => stat(path));
  const parts = [{ name: basename(path), path, start: 0, size }];
  return openVolumes(path, { ...options, parts });
}

/**
 * {@link openArchive} over the files of an archive, in order.
 *
 * @param path as messages name all of them
 */
export async function openVolumes(
  path: string,
  { parts, ...options }: OpenArchiveOptions & { readonly parts: readonly ArchivePart[] },
): Promise<OpenedArchive> {
  const reader = await openParts(parts, options);
  const index = await readFirstEntry(reader, path, options);
  return { path, index, base: bundleIndexSpan(index.byteLength), ...reader };
}

async function readFirstEntry(
  { read, size }: PartsReader,
  path: string,
  options: OperationOptions,
): Promise<Uint8Array> {
  if (size < BLOCK_BYTES) throw malformed('it is too short for a kit archive', path);
  const header = readHeader(await collectBytes(read(0, BLOCK_BYTES, options), BLOCK_BYTES), path);
  if (header.name !== BUNDLE_INDEX_PATH || header.flag !== '0') {
    throw new AirkitError(
      'ARCHIVE_MALFORMED',
      `${path}: it does not begin with ${BUNDLE_INDEX_PATH}`,
      {
        hint: 'airkit did not write it. airkit inspect shows what is in archives of other tools.',
        context: { path },
      },
    );
  }
  if (header.size > MAX_BUNDLE_INDEX_BYTES || BLOCK_BYTES + header.size > size) {
    throw malformed(`its ${BUNDLE_INDEX_PATH} claims ${header.size} bytes`, path);
  }
  // Not collected and then joined: it may be large, and would be in memory twice.
  const index = Buffer.allocUnsafe(header.size);
  let filled = 0;
  for await (const chunk of read(BLOCK_BYTES, header.size, options)) {
    index.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return index;
}

function readHeader(block: Buffer, path: string): ReturnType<typeof decodeBlock> {
  try {
    return decodeBlock(block);
  } catch (error) {
    throw malformed(messageOf(error), path);
  }
}

/** The blobs of an archive by digest, read at the offsets that its (trusted) bundle index states. */
export function archiveContent(archive: OpenedArchive, index: BundleIndex): RangeReader {
  const places = new Map<Digest, ArchivedBlob>();
  for (const { path, offset, size, sha256 } of index.members) {
    const digest = `sha256:${sha256}`;
    if (!path.startsWith('blobs/') || !isDigest(digest)) continue;
    places.set(digest, {
      size,
      open: (options) => archive.read(archive.base + offset, size, options),
      openRange: (range, options) =>
        archive.read(archive.base + offset + range.offset, range.length, options),
    });
  }
  const where = archive.path;
  return {
    ...mappedReader(places, { where }),
    fetchRange: (target, range, options) =>
      readBlobRange({ target, range, place: places.get(target.digest), where }, options),
  };
}

interface ArchivedBlob extends BlobLocation {
  openRange(range: ByteRange, options?: OperationOptions): ByteStream;
}

interface BlobRange {
  readonly target: Descriptor;
  readonly range: ByteRange;
  readonly place: ArchivedBlob | undefined;
  readonly where: string;
}

async function* readBlobRange(
  { target, range, place, where }: BlobRange,
  options?: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  if (place === undefined) throw missingBlob(target, where);
  if (place.size !== target.size) throw wrongSize(target, place.size, where);
  const { offset, length } = range;
  if (offset < 0 || length < 0 || offset + length > place.size) {
    throw new AirkitError(
      'USAGE',
      `${target.digest}: it has no ${length} bytes from byte ${offset} on`,
      { context: { digest: target.digest } },
    );
  }
  yield* place.openRange(range, options);
}

/** Bytes of a small member, unverified; undefined when the index lists none of that path. */
export async function readMember(
  archive: OpenedArchive,
  { index, path }: { readonly index: BundleIndex; readonly path: string },
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const member = index.members.find((one) => one.path === path);
  if (member === undefined) return undefined;
  return collectBytes(archive.read(archive.base + member.offset, member.size), maxBytes);
}
