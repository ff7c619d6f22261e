import { rename as moveFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { AssembledArchive } from '../archive/assemble-archive.ts';
import type { Journal } from '../archive/journal.ts';
import { streamArchive } from '../archive/stream-archive.ts';
import { writeArchive, type ArchiveContents } from '../archive/write-archive.ts';
import { diskCall } from '../content/file-bytes.ts';
import { measureSpace, requireSpace } from '../content/free-space.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { removeAbandoned, removeTemporary, temporaryName } from '../content/write-file.ts';
import type { Digest } from '../oci/digest.ts';
import type { OutputSpec, RenameRule } from '../spec/bundles-file.ts';
import { parseSourceLocation, sourceText } from '../spec/source-location.ts';
import { originsOf } from './blob-origins.ts';
import { warnAbout } from './describe-bundle.ts';
import { archiveSize } from './fill-archive.ts';
import { gatherImages, type GatheredImages } from './gather-images.ts';
import { resolvePath, type Host } from './host.ts';
import { assembleImageSet } from './image-set.ts';

export interface SaveOptions extends OperationOptions {
  /** `docker` (default), `podman`, `registry`, `oci:DIR`, … as in a bundles file. */
  readonly from?: string | undefined;
  /** A file, or what takes the bytes of a pipe. */
  readonly output: string | ((bytes: ByteStream) => Promise<void>);
  /** Replaces a file that is there. Default false. */
  readonly force?: boolean | undefined;
  readonly platforms?: readonly string[] | undefined;
  readonly rename?: readonly RenameRule[] | undefined;
  /** How layers are stored that the source holds uncompressed. Default `gzip`, which every `docker load` reads. */
  readonly layers?: OutputSpec['layers'] | undefined;
}

/** An image in an archive of its own. */
export interface SavedImage {
  readonly reference: string;
  /** The source's name where the archive has it under another. */
  readonly original?: string | undefined;
  readonly root: string;
  /** Of the platform that `docker load` takes; undefined where it takes none. */
  readonly imageId?: string | undefined;
  /** True when the source gave no manifest, so that airkit wrote one: pins by its digest did not work before. */
  readonly isManifestMade: boolean;
}

export interface SaveReport {
  /** Absolute; undefined for a pipe. */
  readonly path?: string | undefined;
  readonly bytes: number;
  readonly images: readonly SavedImage[];
  readonly warnings: readonly string[];
}

/**
 * Writes images into one archive that every engine loads: deterministic, with each layer once. It has no signature.
 *
 * @param references names or patterns, each of which must match
 * @throws AirkitError USAGE, OUTPUT_EXISTS, NO_MATCH, PLATFORM_MISSING, NAME_COLLISION, SOURCE_FAILED, NO_SPACE, DISK_FAILED
 */
export async function save(
  host: Host,
  references: readonly string[],
  options: SaveOptions,
): Promise<SaveReport> {
  const { from = 'docker', output, force = false, platforms, rename } = options;
  const path = typeof output === 'string' ? resolvePath(host, output) : undefined;
  if (path !== undefined) await requireFreeFile(path, { force });
  await using gathered = await gatherImages(
    host,
    {
      from: parseSourceLocation(from, host.directory),
      text: sourceText(from),
      include: references,
      platforms,
      rename,
      layers: options.layers ?? 'gzip',
    },
    options,
  );
  return await writeImageSet(host, { gathered, output: path ?? output, force }, options);
}

export interface ImageSetOutput {
  readonly gathered: GatheredImages;
  /** An absolute path, or what takes the bytes. */
  readonly output: SaveOptions['output'];
  readonly force: boolean;
}

/** Writes gathered images as one archive. @throws AirkitError OUTPUT_EXISTS, NO_SPACE, DISK_FAILED, and what blobs give */
export async function writeImageSet(
  host: Host,
  { gathered, output, force }: ImageSetOutput,
  options: OperationOptions,
): Promise<SaveReport> {
  const assembled = assembleImageSet(host, gathered);
  const { images, context } = gathered;
  const contents = {
    index: assembled.indexBytes,
    layout: assembled.layout,
    originsOf: originsOf(images, { cache: context.target.cache, kits: [] }),
  };
  const bytes = archiveSize(assembled);
  options.onProgress?.({ kind: 'phase', phase: 'write', bytes });
  if (typeof output === 'string') await writeFile(output, { contents, bytes, force }, options);
  else await output(streamArchive(contents, options));
  return {
    path: typeof output === 'string' ? output : undefined,
    bytes,
    images: savedImages(gathered, assembled),
    warnings: [...gathered.skipped, ...warnAbout(images), ...assembled.warnings],
  };
}

interface FileContents {
  readonly contents: Omit<ArchiveContents, 'parts' | 'journal'>;
  readonly bytes: number;
  readonly force: boolean;
}

/** Under a temporary name until it is whole and on the disk. */
async function writeFile(
  path: string,
  { contents, bytes, force }: FileContents,
  options: OperationOptions,
): Promise<void> {
  requireSpace(await measureSpace([{ path, neededBytes: bytes }]), 'Free some space there.');
  await removeAbandoned(dirname(path), basename(path));
  const temporary = temporaryName(path);
  try {
    const [failure] = await writeArchive(
      {
        ...contents,
        parts: [{ name: basename(path), path: temporary, start: 0, size: bytes }],
        journal: newJournal(),
      },
      options,
    );
    if (failure !== undefined) throw failure.error;
    options.signal?.throwIfAborted();
    await requireFreeFile(path, { force });
    await diskCall(path, 'put in place', () => moveFile(temporary, path));
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
}

/** A single archive is written in one go: nothing is resumed. */
function newJournal(): Journal {
  const done = new Set<Digest>();
  return {
    isResumed: false,
    has: (digest) => done.has(digest),
    record: async (digest) => void done.add(digest),
  };
}

/** @throws AirkitError OUTPUT_EXISTS, also for a folder whatever `force` says */
export async function requireFreeFile(
  path: string,
  { force }: { readonly force: boolean },
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (force && found.isFile())) return;
  throw new AirkitError('OUTPUT_EXISTS', `${path} exists already`, {
    hint: found.isFile()
      ? 'Use --force to replace it, or -o for another file.'
      : 'It is no file: choose another name with -o.',
    context: { path },
  });
}

function savedImages({ images }: GatheredImages, { index }: AssembledArchive): SavedImage[] {
  const byName = new Map(images.map((image) => [image.input.reference, image]));
  return index.images.map(({ reference, original, root }) => {
    const known = byName.get(reference);
    return {
      reference,
      original: original === reference ? undefined : original,
      root: root.digest,
      imageId: known?.exact?.primary?.config.digest,
      isManifestMade: known?.uncompressedSizes !== undefined,
    };
  });
}
