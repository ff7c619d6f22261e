import type { Buffer } from 'node:buffer';
import { posix } from 'node:path';
import { isAirkitError } from '../errors.ts';
import { collectBytes, MAX_DOCUMENT_BYTES } from '../content/read-document.ts';
import type { BlobLocation } from '../content/mapped-reader.ts';
import { diskCall, openForReading, readFileRange, readHandle } from '../content/file-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { decompress } from '../compression/decompress.ts';
import {
  detectCompression,
  DETECTION_BYTES,
  type Compression,
} from '../compression/compression.ts';
import { peekCompression } from './peek-compression.ts';
import { archiveError, inFile } from './recognise-archive.ts';
import { fileCursor, streamCursor, type TarCursor } from '../tar/cursor.ts';
import { malformed } from '../tar/header.ts';
import { readTar, type TarEntry } from '../tar/read-tar.ts';

/** The files of an image archive, links followed. */
export interface ArchiveFiles {
  readonly path: string;
  /** True when bodies can be read in place, any number of times. */
  readonly seekable: boolean;
  readonly names: readonly string[];
  /** The name of the regular file that a path leads to, over links; undefined where there is none. */
  resolve(name: string): string | undefined;
  size(name: string): number | undefined;
  /** A JSON document of at most 20 MiB, or undefined. */
  document(name: string): Promise<Buffer | undefined>;
  /** How a body is compressed, by its first bytes. */
  compressionOf(name: string): Promise<Compression>;
  /** Where a body is, in a seekable archive. */
  locate(name: string): BlobLocation | undefined;
}

/** manifest.json may be this large (containerd's limit); other documents are at most 4 MiB. */
const MAX_TABLE_BYTES = 20 * 1024 * 1024;
/** All documents of a compressed archive together, in bytes: they are kept in memory. */
const MAX_DOCUMENTS_BYTES = 256 * 1024 * 1024;

/**
 * Opens an image archive of any tool. A plain tar is only looked through; of a compressed one every byte is read, and
 * its documents are kept.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, DISK_FAILED, CONTENT_INVALID for a damaged
 * compression
 */
export async function openArchiveFiles(
  path: string,
  options: OperationOptions = {},
): Promise<ArchiveFiles> {
  try {
    return await openFiles(path, options);
  } catch (error) {
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED')) throw error;
    throw (await archiveError(path, options)) ?? error;
  }
}

async function openFiles(path: string, options: OperationOptions): Promise<ArchiveFiles> {
  const file = await openForReading(path);
  try {
    const { size } = await diskCall(path, 'look at', () => file.stat());
    const head = await collectBytes(
      readHandle(file, { path, length: Math.min(size, 16) }, options),
      16,
    );
    if (detectCompression(head) === 'none')
      return await scanPlain(path, fileCursor(file, size), options);
  } finally {
    await file.close();
  }
  const bytes = decompress(readFileRange({ path }, options), options);
  return naming(path, () =>
    collectFiles(streamCursor(bytes), { path, keep: keepDocument }, options),
  );
}

/** Streams the tar inside a possibly compressed archive. */
export function openArchiveTar(
  path: string,
  options: OperationOptions = {},
): TarCursor & AsyncDisposable {
  return streamCursor(decompress(readFileRange({ path }, options), options));
}

async function scanPlain(
  path: string,
  cursor: TarCursor,
  options: OperationOptions,
): Promise<ArchiveFiles> {
  const found = new Map<string, { size: number; offset: number }>();
  const links = new Map<string, string>();
  await naming(path, async () => {
    for await (const entry of readTar(cursor)) {
      options.signal?.throwIfAborted();
      if (entry.kind === 'file') found.set(entry.name, { size: entry.size, offset: entry.offset });
      else if (entry.kind !== 'directory') links.set(entry.name, linkTarget(entry));
    }
  });
  const resolve = (name: string): string | undefined => followLinks(name, found, links);
  const locate = (name: string): BlobLocation | undefined => {
    const place = found.get(resolve(name) ?? '');
    if (place === undefined) return undefined;
    return {
      size: place.size,
      open: (call) => readFileRange({ path, offset: place.offset, length: place.size }, call),
    };
  };
  return {
    path,
    seekable: true,
    names: [...found.keys()],
    resolve,
    size: (name) => found.get(resolve(name) ?? '')?.size,
    document: async (name) => {
      const place = locate(name);
      return place === undefined ? undefined : collectBytes(place.open(options), MAX_TABLE_BYTES);
    },
    compressionOf: async (name) => {
      const place = found.get(resolve(name) ?? '');
      const length = Math.min(place?.size ?? 0, DETECTION_BYTES);
      const head = readFileRange({ path, offset: place?.offset ?? 0, length }, options);
      return detectCompression(await collectBytes(head, DETECTION_BYTES));
    },
    locate,
  };
}

export interface CollectRules {
  /** Names the archive in errors. */
  readonly path: string;
  /** Returns the bytes of entries that it wants to keep as documents, and may take any other body for itself. */
  readonly keep: (entry: TarEntry, body: ByteStream) => Promise<Buffer | undefined>;
}

/**
 * Reads an archive once from start to end.
 *
 * @throws AirkitError ARCHIVE_MALFORMED; whatever `keep` throws
 */
export async function collectFiles(
  cursor: TarCursor & AsyncDisposable,
  { path, keep }: CollectRules,
  options: OperationOptions = {},
): Promise<ArchiveFiles> {
  const sizes = new Map<string, number>();
  const links = new Map<string, string>();
  const documents = new Map<string, Buffer>();
  const compressions = new Map<string, Compression>();
  let kept = 0;
  try {
    for await (const entry of readTar(cursor)) {
      options.signal?.throwIfAborted();
      if (entry.kind === 'directory') continue;
      if (entry.kind !== 'file') {
        links.set(entry.name, linkTarget(entry));
        continue;
      }
      sizes.set(entry.name, entry.size);
      const { compression, whole } = await peekCompression(entry.body());
      compressions.set(entry.name, compression);
      const document = await keep(entry, whole);
      if (document === undefined) continue;
      kept += document.byteLength;
      if (kept > MAX_DOCUMENTS_BYTES)
        throw malformed(`its documents exceed ${MAX_DOCUMENTS_BYTES} bytes`);
      documents.set(entry.name, document);
    }
  } finally {
    await cursor[Symbol.asyncDispose]();
  }
  const resolve = (name: string): string | undefined => followLinks(name, sizes, links);
  return {
    path,
    seekable: false,
    names: [...sizes.keys()],
    resolve,
    size: (name) => sizes.get(resolve(name) ?? ''),
    document: async (name) => documents.get(resolve(name) ?? ''),
    compressionOf: async (name) => compressions.get(resolve(name) ?? '') ?? 'none',
    locate: () => undefined,
  };
}

/** Keeps what can be a JSON document and leaves other bodies unread. */
export async function keepDocument(entry: TarEntry, body: ByteStream): Promise<Buffer | undefined> {
  if (!mayBeDocument(entry)) return undefined;
  const bytes = await collectBytes(body, MAX_TABLE_BYTES);
  return isTable(entry.name) || isDocument(bytes) ? bytes : undefined;
}

/** True for the tables of contents, which are read whatever they hold. */
function isTable(name: string): boolean {
  return name === 'manifest.json' || name === 'index.json';
}

/** True for entries whose name and size allow for a document that airkit reads. */
export function mayBeDocument({ name, size }: TarEntry): boolean {
  if (isTable(name)) return size <= MAX_TABLE_BYTES;
  return (
    size > 0 && size <= MAX_DOCUMENT_BYTES && !name.endsWith('/json') && !name.endsWith('/VERSION')
  );
}

/** True for bytes that begin as a JSON object or list does. A tar header has zero bytes, JSON none. */
export function isDocument(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 512);
  const first = head.find(
    (byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d,
  );
  return (first === 0x7b || first === 0x5b) && !head.includes(0);
}

/** Links of `docker save` and `podman save` are relative to their own folder; hard links name an entry. */
export function linkTarget(entry: TarEntry): string {
  const from = entry.kind === 'hardlink' ? '' : posix.dirname(entry.name);
  const target = posix.normalize(posix.join(from, entry.linkName));
  if (entry.linkName.startsWith('/') || target === '..' || target.startsWith('../')) {
    throw malformed(`the link ${JSON.stringify(entry.name)} leads out of the archive`);
  }
  return target;
}

const MAX_LINK_HOPS = 8;

/** The file that a path leads to, over links; undefined where there is none. @throws AirkitError ARCHIVE_MALFORMED */
export function followLinks(
  name: string,
  files: { has(name: string): boolean },
  links: ReadonlyMap<string, string>,
): string | undefined {
  let current = posix.normalize(name);
  for (let hop = 0; hop < MAX_LINK_HOPS; hop += 1) {
    if (files.has(current)) return current;
    current = links.get(current) ?? '';
    if (current === '') return undefined;
  }
  throw malformed(`the link ${JSON.stringify(name)} leads in a circle`);
}

/** Adds the path of the archive to errors about its shape. */
async function naming<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw inFile(path, error);
  }
}
