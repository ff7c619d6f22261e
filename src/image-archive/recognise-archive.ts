import { AirkitError, isAirkitError } from '../errors.ts';
import { decompress } from '../compression/decompress.ts';
import { readFileRange } from '../content/file-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { streamCursor } from '../tar/cursor.ts';
import { walkTar, type WalkedEntry } from '../tar/walk-tar.ts';

/** What a tar turns out to be, by the names at its top. */
export type ArchiveKind = 'docker-archive' | 'oci-archive' | 'rootfs' | 'other';

/** Top folders of the Filesystem Hierarchy Standard, and the file that Docker puts into every container. */
const ROOT_NAMES =
  '.dockerenv bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var'.split(
    ' ',
  );

/** Tells the kind of a tar from the names in it. A file system may well hold a manifest.json of its own. */
export function kindOf(names: ReadonlySet<string>): ArchiveKind {
  if (ROOT_NAMES.some((name) => names.has(name))) return 'rootfs';
  if (names.has('manifest.json') || names.has('repositories')) return 'docker-archive';
  if (names.has('index.json') && names.has('oci-layout')) return 'oci-archive';
  return 'other';
}

/** The first part of a name; of `manifest.json` and the like, the name. */
export function topName(name: string): string {
  return name.replace(/^\/+/, '').split('/')[0] ?? '';
}

/**
 * Walks through a file that may be compressed, whole.
 *
 * @param see is told of every entry
 * @returns the names at the top
 * @throws AirkitError ARCHIVE_MALFORMED for what is no tar or is cut off, CONTENT_INVALID for damaged compression, DISK_FAILED
 */
export async function walkArchive(
  path: string,
  { see, plain = (bytes) => bytes, isEnough = () => false }: Watching,
  options: OperationOptions = {},
): Promise<ReadonlySet<string>> {
  const cursor = streamCursor(plain(decompress(readFileRange({ path }, options), options)));
  const names = new Set<string>();
  let isTar = false;
  try {
    for await (const entry of walkTar(cursor)) {
      options.signal?.throwIfAborted();
      isTar = true;
      names.add(topName(entry.name));
      await see?.(entry);
      if (isEnough(names)) break;
    }
    if (!isTar) throw noTar(path);
    return names;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isTar ? inFile(path, error) : noTarAtAll(path, error);
  } finally {
    await cursor[Symbol.asyncDispose]();
  }
}

export interface Watching {
  readonly see?: (entry: WalkedEntry) => Promise<void>;
  /** Passes on the bytes of the tar, uncompressed. */
  readonly plain?: (bytes: ByteStream) => ByteStream;
  /** True when the names so far tell enough; what follows is then not read. */
  readonly isEnough?: (names: ReadonlySet<string>) => boolean;
}

/** True when the names tell what it is; one of airkit's or an OCI layout begins with its blobs. */
function tellsEnough(names: ReadonlySet<string>): boolean {
  return names.has('blobs') || names.has('bundle.json') || kindOf(names) !== 'other';
}

/**
 * A better error for a file that could not be read as an image archive: what it is instead, or that it is no tar at all.
 * Undefined for what looks like an image archive, or like some other tar.
 *
 * @param path absolute
 */
export async function archiveError(
  path: string,
  options: OperationOptions = {},
): Promise<AirkitError | undefined> {
  try {
    const names = await walkArchive(path, { isEnough: tellsEnough }, options);
    return kindOf(names) === 'rootfs' ? isRootfs(path) : undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED', 'CONTENT_INVALID', 'UNSUPPORTED'))
      return undefined;
    return error;
  }
}

/** The error for a root file system where an image archive is expected. */
export function isRootfs(path: string): AirkitError {
  return new AirkitError(
    'ARCHIVE_MALFORMED',
    `${path}: this is a root file system, as docker export writes it, and no image archive`,
    {
      hint: `Import it in a bundles file: from: rootfs:${path}, with "as" for its name. It then packs and loads as an image.`,
      context: { path, found: 'rootfs' },
    },
  );
}

/** The error for an image archive where a root file system is expected. */
export function isImageArchive(path: string, kind: 'docker-archive' | 'oci-archive'): AirkitError {
  const writer = kind === 'docker-archive' ? 'docker save' : 'skopeo copy';
  return new AirkitError(
    'ARCHIVE_MALFORMED',
    `${path}: this is an image archive, as ${writer} writes it, and no root file system`,
    { hint: `Read it with from: ${kind}:${path}`, context: { path, found: kind } },
  );
}

function noTar(path: string): AirkitError {
  return new AirkitError('ARCHIVE_MALFORMED', `${path}: it holds nothing`, {
    hint: 'docker export -o FILE CONTAINER writes a root file system.',
    context: { path },
  });
}

/** A file whose very first header is none was never a tar. */
function noTarAtAll(path: string, error: unknown): unknown {
  if (!isAirkitError(error, 'ARCHIVE_MALFORMED') || error.message.startsWith(path))
    return inFile(path, error);
  return new AirkitError(
    'ARCHIVE_MALFORMED',
    `${path}: this is no tar, plain or compressed with gzip, zstd, bzip2 or xz`,
    {
      hint: 'docker export -o FILE CONTAINER writes a root file system.',
      context: { path },
      cause: error,
    },
  );
}

/** Adds the path to errors about the shape of an archive or its compression. */
export function inFile(path: string, error: unknown): unknown {
  if (!isAirkitError(error) || error.message.startsWith(path)) return error;
  return new AirkitError(error.code, `${path}: ${error.message}`, {
    hint: error.hint ?? 'The file is damaged or was cut off: get it again from where it was made.',
    context: { ...error.context, path },
    cause: error,
  });
}
