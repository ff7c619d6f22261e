import { AirkitError, isAirkitError } from '../errors.ts';
import { detectCompression, DETECTION_BYTES } from '../compression/compression.ts';
import { decompress } from '../compression/decompress.ts';
import { diskCall, openForReading, readFileRange, readHandle } from '../content/file-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { fileCursor, streamCursor, type TarCursor } from '../tar/cursor.ts';
import { walkTar, type WalkedEntry } from '../tar/walk-tar.ts';

/** What a tar turns out to be, by the names at its top. */
export type ArchiveKind = 'docker-archive' | 'oci-archive' | 'rootfs' | 'other';

/** Top folders of the Filesystem Hierarchy Standard, and the file that Docker puts into every container. */
const ROOT_NAMES =
  '.dockerenv bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var'.split(
    ' ',
  );

/** The hint where an image archive is expected. */
export const IMAGE_WRITERS =
  'docker save, podman save, skopeo copy and airkit save write image archives.';

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
 * @returns the names at the top
 * @throws AirkitError ARCHIVE_MALFORMED for what is no tar, is empty or is cut off, CONTENT_INVALID for damaged compression,
 * DISK_FAILED
 */
export async function walkArchive(
  path: string,
  watching: Watching,
  options: OperationOptions = {},
): Promise<ReadonlySet<string>> {
  const { see, isEnough = () => false } = watching;
  await using cursor = await openCursor(path, watching, options);
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
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isTar || !isAirkitError(error, 'ARCHIVE_MALFORMED')) throw inFile(path, error);
    throw noTar(path, { isEmpty: cursor.position === 0, hint: watching.hint, cause: error });
  }
  if (!isTar) throw noTar(path, { isEmpty: true, hint: watching.hint });
  return names;
}

export interface Watching {
  /** What writes files of the kind that is expected. */
  readonly hint: string;
  readonly see?: (entry: WalkedEntry) => Promise<void>;
  /** Passes on every byte of the tar, uncompressed; without it, bodies in a plain tar are not read. */
  readonly plain?: (bytes: ByteStream) => ByteStream;
  /** True when the names so far tell enough; what follows is then not read. */
  readonly isEnough?: (names: ReadonlySet<string>) => boolean;
}

async function openCursor(
  path: string,
  { plain }: Watching,
  options: OperationOptions,
): Promise<TarCursor & AsyncDisposable> {
  const stream = (): ByteStream => decompress(readFileRange({ path }, options), options);
  if (plain !== undefined) return streamCursor(plain(stream()));
  const file = await openForReading(path);
  try {
    const { size } = await diskCall(path, 'look at', () => file.stat());
    const length = Math.min(size, DETECTION_BYTES);
    const head = await collectBytes(readHandle(file, { path, length }, options), DETECTION_BYTES);
    if (detectCompression(head) === 'none') {
      const close = async (): Promise<void> => file.close();
      return Object.assign(fileCursor(file, size), { [Symbol.asyncDispose]: close });
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return streamCursor(stream());
}

/** True for an image archive; one of airkit's or an OCI layout begins with its blobs. */
function isImage(names: ReadonlySet<string>): boolean {
  if (names.has('blobs') || names.has('bundle.json')) return true;
  return !['rootfs', 'other'].includes(kindOf(names));
}

/**
 * A better error for a file that could not be read as an image archive: that it is cut off, what it is instead, or that it is
 * no tar at all. Undefined for what looks like an image archive, or like some other tar. A root file system is looked through
 * whole: one that is cut off needs another remedy.
 *
 * @param path absolute
 */
export async function archiveError(
  path: string,
  options: OperationOptions = {},
): Promise<AirkitError | undefined> {
  try {
    const names = await walkArchive(path, { isEnough: isImage, hint: IMAGE_WRITERS }, options);
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
      hint: `Import it in a bundles file: from: rootfs:FILE, with "as" for its name. From the container itself: airkit snapshot CONTAINER --as NAME:TAG -o FILE.`,
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

interface NoTar {
  readonly isEmpty: boolean;
  readonly hint: string;
  readonly cause?: unknown;
}

/** A file whose very first header is none was never a tar. */
function noTar(path: string, { isEmpty, hint, cause }: NoTar): AirkitError {
  const what = isEmpty
    ? 'it is empty: what was to write it has failed, or was not finished'
    : 'this is no tar, plain or compressed with gzip, zstd, bzip2 or xz';
  return new AirkitError('ARCHIVE_MALFORMED', `${path}: ${what}`, {
    hint,
    context: { path, ...(isEmpty ? { found: 'nothing' } : {}) },
    cause,
  });
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
