import { stat } from 'node:fs/promises';
import type { Buffer } from 'node:buffer';
import { AirkitError, messageOf } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import { diskCall, readFileRange } from '../content/file-bytes.ts';
import { mappedReader, type BlobLocation } from '../content/mapped-reader.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { BLOCK_BYTES, decodeBlock, malformed } from '../tar/header.ts';
import { MAX_BUNDLE_INDEX_BYTES, type BundleIndex } from './bundle-index.ts';
import { BUNDLE_INDEX_PATH, bundleIndexSpan } from './layout.ts';

/** An archive whose bundle.json has been read, but not judged. */
export interface OpenedArchive {
  readonly path: string;
  /** Bytes of its bundle.json. */
  readonly index: Uint8Array;
  /** Bytes from the start of the archive to the end of bundle.json's padded entry: where member offsets count from. */
  readonly base: number;
  /** Bytes of the whole archive. */
  readonly size: number;
  /** Streams a range; offsets count from the start of the archive. */
  read(offset: number, length: number, options?: OperationOptions): ByteStream;
}

/**
 * Opens an archive and reads its first entry, which must be bundle.json.
 *
 * @throws AirkitError ARCHIVE_MALFORMED when airkit did not write it, or it is damaged at its start; DISK_FAILED
 */
export async function openArchive(
  path: string,
  options: OperationOptions = {},
): Promise<OpenedArchive> {
  const { size } = await diskCall(path, 'look at', () => stat(path));
  const read = (offset: number, length: number, call?: OperationOptions): ByteStream =>
    readFileRange({ path, offset, length }, call);
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
  const index = await collectBytes(read(BLOCK_BYTES, header.size, options), MAX_BUNDLE_INDEX_BYTES);
  return { path, index, base: bundleIndexSpan(header.size), size, read };
}

function readHeader(block: Buffer, path: string): ReturnType<typeof decodeBlock> {
  try {
    return decodeBlock(block);
  } catch (error) {
    throw malformed(messageOf(error), path);
  }
}

/** The blobs of an archive by digest, read at the offsets that its (trusted) bundle index states. */
export function archiveContent(archive: OpenedArchive, index: BundleIndex): ContentReader {
  const places = new Map<Digest, BlobLocation>();
  for (const { path, offset, size, sha256 } of index.members) {
    const digest = `sha256:${sha256}`;
    if (!path.startsWith('blobs/') || !isDigest(digest)) continue;
    places.set(digest, {
      size,
      open: (options) => archive.read(archive.base + offset, size, options),
    });
  }
  return mappedReader(places, { where: archive.path });
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
