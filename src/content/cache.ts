import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, readFile, rename, rm, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestFromHex, digestOf, hexOf, parseDigest, type Digest } from '../oci/digest.ts';
import { asSize, asString, asStrings, parseJson, parseJsonObject } from '../oci/json.ts';
import { blobPath, listBlobs, openBlobFolder, sizeOfBlob } from './blob-folder.ts';
import type { ContentReader, ContentWriter, FetchOptions } from './content.ts';
import { diskCall, isErrno, writeHandle } from './file-bytes.ts';
import type { ByteStream, OperationOptions } from './operation.ts';
import { makeFolder, removeTemporary, writeFileAtomically } from './write-file.ts';

/** A layer as it was encoded once. */
export interface LayerRecord {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  /** Bytes of the layer's tar. */
  readonly uncompressedSize: number;
}

/**
 * Content that engines exported, kept by digest so that it is exported and encoded once. Everything in it can be
 * removed at any time; what is damaged is noticed when it is read, removed, and reported as CACHE_DAMAGED so that the
 * caller can fetch it anew.
 */
export interface Cache extends ContentReader, ContentWriter {
  readonly folder: string;
  /** Stores bytes whose digest is not known beforehand. */
  ingest(bytes: ByteStream, options?: OperationOptions): Promise<{ digest: Digest; size: number }>;
  /** The encoded form of a layer, when it is here whole. `encoder` names algorithm, level and framing. */
  findLayer(diffId: Digest, encoder: string): Promise<LayerRecord | undefined>;
  recordLayer(record: LayerRecord, encoder: string): Promise<void>;
  /** Which blobs an export brought for something; `key` names it and the state that it was in. */
  findExport(key: string): Promise<ReadonlySet<Digest> | undefined>;
  recordExport(key: string, digests: Iterable<Digest>): Promise<void>;
  /** Names of all blobs that are here, in whatever state: one look at their folder, where many would be asked for. */
  list(): Promise<ReadonlySet<Digest>>;
  /** Bytes of a blob of which only the digest is known; undefined when it is not here. */
  sizeOf(digest: Digest): Promise<number | undefined>;
}

/** Opens a cache folder; it is made when first written to. */
export function openCache(folder: string): Cache {
  const blobs = openBlobFolder(folder, { sync: false });
  return {
    folder,
    has: async (target) => {
      const held = await blobs.has(target);
      if (held) await markUsed(blobPath(folder, target.digest));
      return held;
    },
    push: async (expected, bytes, options) =>
      putEntry(blobPath(folder, expected.digest), async () => blobs.push(expected, bytes, options)),
    fetch: (target, options) => fetchOrEvict({ folder, blobs, target }, options),
    ingest: async (bytes) => ingestBytes(folder, bytes),
    findExport: async (key) => {
      await markUsed(exportPath(folder, key));
      return readDigests(exportPath(folder, key));
    },
    recordExport: async (key, digests) => putRecord(exportPath(folder, key), [...digests]),
    list: async () => listBlobs(folder),
    sizeOf: async (digest) => {
      const size = await sizeOfBlob(folder, digest);
      if (size !== undefined) await markUsed(blobPath(folder, digest));
      return size;
    },
    findLayer: async (diffId, encoder) => findLayer({ folder, blobs }, diffId, encoder),
    recordLayer: async (record, encoder) => {
      const { descriptor, diffId, uncompressedSize } = record;
      const path = recordPath(folder, record.diffId, encoder);
      await putRecord(path, { ...descriptor, diffId, uncompressedSize });
    },
  };
}

async function ingestBytes(
  folder: string,
  bytes: ByteStream,
): Promise<{ digest: Digest; size: number }> {
  const ingestFolder = join(folder, 'ingest');
  await makeFolder(ingestFolder);
  const temporary = join(ingestFolder, randomBytes(8).toString('hex'));
  const hash = createHash('sha256');
  try {
    const file = await noticeRemoval(temporary, async () =>
      diskCall(temporary, 'create', () => open(temporary, 'wx', 0o600)),
    );
    const size = await writeOpened(file, temporary, hashing(hash, bytes));
    const digest = digestFromHex(hash.digest('hex'));
    const final = blobPath(folder, digest);
    await putEntry(final, async () => {
      await makeFolder(dirname(final));
      await diskCall(final, 'store', () => rename(temporary, final));
    });
    return { digest, size };
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
}

async function putRecord(path: string, value: unknown): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  await putEntry(path, async () =>
    writeFileAtomically(path, bytes, { sync: false, tidies: false }),
  );
}

/**
 * Puts a file in its place in the cache, where something else than a file may be in the way.
 *
 * @throws AirkitError CACHE_DAMAGED when it was taken away before it had its name; DISK_FAILED, NO_SPACE
 */
async function putEntry(path: string, put: () => Promise<void>): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() === true)
    await diskCall(path, 'clear', () => rm(path, { recursive: true, force: true }));
  await noticeRemoval(path, put);
}

/** @throws AirkitError CACHE_DAMAGED where somebody removes what is being written; whatever `call` throws */
async function noticeRemoval<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isAirkitError(error, 'DISK_FAILED') || !isErrno(error.cause, 'ENOENT')) throw error;
    const message = `${path}: the cache entry was removed while it was written`;
    const hint = 'Run the command again, and no `airkit cache prune` beside it.';
    throw new AirkitError('CACHE_DAMAGED', message, { hint, context: { path }, cause: error });
  }
}

async function writeOpened(file: FileHandle, path: string, bytes: ByteStream): Promise<number> {
  try {
    return await writeHandle(file, bytes, { path });
  } finally {
    await file.close();
  }
}

async function* hashing(
  hash: ReturnType<typeof createHash>,
  bytes: ByteStream,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

interface FetchTarget {
  readonly folder: string;
  readonly blobs: ContentReader;
  readonly target: Descriptor;
}

async function* fetchOrEvict(
  { folder, blobs, target }: FetchTarget,
  options?: FetchOptions,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* blobs.fetch(target, options);
  } catch (error) {
    if (!isAirkitError(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH', 'BLOB_MISSING')) throw error;
    const path = blobPath(folder, target.digest);
    await diskCall(path, 'remove', () => rm(path, { recursive: true, force: true }));
    const isGone = error.code === 'BLOB_MISSING';
    throw new AirkitError(
      'CACHE_DAMAGED',
      `the cache entry ${target.digest} was ${isGone ? 'removed while it was needed' : 'damaged and has been removed'}`,
      {
        hint: 'Run the command again: it is fetched anew.',
        context: { digest: target.digest, path: folder },
        cause: error,
      },
    );
  }
}

async function findLayer(
  { folder, blobs }: { folder: string; blobs: ContentReader },
  diffId: Digest,
  encoder: string,
): Promise<LayerRecord | undefined> {
  const path = recordPath(folder, diffId, encoder);
  const record = await readRecord(path, diffId);
  if (record === undefined || !(await blobs.has(record.descriptor))) return undefined;
  await markUsed(path);
  return record;
}

/** An unreadable record is as good as none: the layer is then encoded again and the record replaced. */
async function readRecord(path: string, diffId: Digest): Promise<LayerRecord | undefined> {
  try {
    const object = parseJsonObject(await readFile(path), { where: path });
    const descriptor = {
      mediaType: asString(object['mediaType'], path),
      digest: parseDigest(object['digest'], path),
      size: asSize(object['size'], path),
    };
    if (object['diffId'] !== diffId) return undefined;
    return { descriptor, diffId, uncompressedSize: asSize(object['uncompressedSize'], path) };
  } catch {
    return undefined;
  }
}

function recordPath(folder: string, diffId: Digest, encoder: string): string {
  return join(
    folder,
    'layers',
    encoder.replaceAll(/[^A-Za-z0-9._-]/g, '_'),
    `${hexOf(diffId)}.json`,
  );
}

/** As with layer records: what cannot be read is exported again. */
async function readDigests(path: string): Promise<ReadonlySet<Digest> | undefined> {
  try {
    const digests = asStrings(parseJson(await readFile(path), { where: path }), path);
    return new Set(digests.map((digest) => parseDigest(digest, path)));
  } catch {
    return undefined;
  }
}

function exportPath(folder: string, key: string): string {
  return join(folder, 'exports', `${hexOf(digestOf(key))}.json`);
}

/** The time of last use decides what `cache prune` removes. */
async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
