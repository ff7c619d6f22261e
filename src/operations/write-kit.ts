import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { AssembledArchive } from '../archive/assemble-archive.ts';
import type { BlobFailure } from '../archive/fill-blob.ts';
import { KIT_FILES, openPartialKit, type PartialKit } from '../archive/kit-folder.ts';
import { loadScript } from '../archive/load-script.ts';
import type { ArchiveSums } from '../archive/part-sums.ts';
import { formatSums, sumFile, type FileSum } from '../archive/sums.ts';
import type { ArchiveContents } from '../archive/write-archive.ts';
import { diskCall } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import type { SigningKey } from '../signing/private-key.ts';
import { archiveSize, fillArchive, partsOf } from './fill-archive.ts';
import { copyLoaders, type KitLoader } from './kit-loaders.ts';
import { openReadBack } from './read-back.ts';
import { signKitFolder } from './sign-kit.ts';

export interface KitContents {
  /** The final folder, absolute. */
  readonly folder: string;
  readonly assembled: AssembledArchive;
  readonly originsOf: ArchiveContents['originsOf'];
  /** Of the signatures; may still be being opened. Default: none. */
  readonly key?: SigningKey | Promise<SigningKey> | undefined;
  /** Bytes of each volume. Default: the archive is one file. */
  readonly volumeSize?: number | undefined;
  /** True when a kit that is there is replaced. */
  readonly replaces: boolean;
  /** True when only the blobs are to be had, for a later run: the kit stays unfinished. Default false. */
  readonly isBoundToFail?: boolean | undefined;
  readonly pid: number;
  /** Executables that go into it. Default none. */
  readonly loaders?: readonly KitLoader[] | undefined;
}

/** A kit that stays unfinished; a later run need not fetch again what is in it. */
export interface UnfinishedKit {
  /** Blobs that could not be had. */
  readonly failures: readonly BlobFailure[];
}

export interface WrittenKit {
  readonly path: string;
  /** Bytes of the archive. */
  readonly archiveBytes: number;
  /** sha256 of the archive, 64 hex digits, as read back from the disk. */
  readonly archiveSha256: string;
  /** The volumes in order; none for an archive that is one file. */
  readonly volumes: readonly WrittenVolume[];
}

export interface WrittenVolume extends FileSum {
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes a kit folder: archive, read back, tables, sums, signatures; only then it gets its name. When blobs cannot be
 * had, all others are still fetched, and the kit stays unfinished.
 *
 * @throws AirkitError OUTPUT_BUSY, DISK_FAILED, NO_SPACE, CACHE_DAMAGED, UNSUPPORTED for too many volumes
 */
export async function writeKit(
  contents: KitContents,
  options: OperationOptions = {},
): Promise<WrittenKit | UnfinishedKit> {
  const partial = await openPartialKit(contents.folder, contents);
  try {
    const written = await writeVerified(partial, contents, options);
    if ('failures' in written) {
      await partial.release();
      return written;
    }
    const loaders = await copyLoaders(partial.folder, contents.loaders ?? [], options);
    const sums = await writeTables(partial.folder, contents, [...loaders, ...written.files]);
    const signed = { 'bundle.json': contents.assembled.indexBytes, SHA256SUMS: sums };
    if (contents.key !== undefined) {
      await signKitFolder({ folder: partial.folder, signed }, { key: await contents.key });
    }
    options.signal?.throwIfAborted();
    await partial.finish();
    return describeWritten(contents, written);
  } catch (error) {
    const isKeyFailure = await failsWith(contents.key, error);
    await (isKeyFailure ? partial.discard() : partial.release());
    throw error;
  }
}

/** True when the key did not open, and work ended with that: a mistake after which nothing is to be left. */
async function failsWith(key: KitContents['key'], error: unknown): Promise<boolean> {
  if (!(error instanceof AirkitError) || error.code !== 'KEY_INVALID') return false;
  return Promise.resolve(key).then(
    () => false,
    (reason: unknown) => reason === error,
  );
}

function describeWritten(
  { folder, assembled }: KitContents,
  { sha256, files }: ArchiveSums,
): WrittenKit {
  const volumes = files.map((file) => ({ name: file.name, size: file.size, sha256: file.sha256 }));
  return {
    path: folder,
    archiveBytes: archiveSize(assembled),
    archiveSha256: sha256,
    volumes: volumes.length > 1 ? volumes : [],
  };
}

/**
 * Reads the archive back while it is written. What an interrupted run left may have been lost with the power: then
 * everything is written once more.
 *
 * @returns sums of the archive and its volumes
 */
async function writeVerified(
  partial: PartialKit,
  contents: KitContents,
  options: OperationOptions,
): Promise<ArchiveSums | UnfinishedKit> {
  const path = partial.folder;
  const { assembled, isBoundToFail = false } = contents;
  const parts = partsOf(partial, contents);
  for (;;) {
    await using readBack = openReadBack({ path, parts, assembled }, options);
    const filling = { ...contents, parts, observer: readBack };
    const { journal, failures } = await fillArchive(partial, filling, options);
    if (failures.length > 0 || isBoundToFail) return { failures };
    const { sums, problem } = await readBack.result();
    if (sums !== undefined) return sums;
    await diskCall(path, 'clear', () => rm(partial.journalPath, { force: true }));
    if (journal.isResumed) continue;
    throw new AirkitError(
      'DISK_FAILED',
      `${path}: what was read back is not what was written: ${problem}`,
      {
        hint: 'The disk loses data: write to another one.',
        context: { path },
      },
    );
  }
}

async function writeTables(
  folder: string,
  { assembled }: KitContents,
  others: readonly FileSum[],
): Promise<Uint8Array> {
  await writeFileAtomically(join(folder, KIT_FILES.index), assembled.indexBytes);
  await writeFileAtomically(join(folder, KIT_FILES.images), assembled.imagesTxt);
  await writeFileAtomically(join(folder, KIT_FILES.loadScript), loadScript(), { mode: 0o755 });
  const sums = others.map(({ name, sha256 }) => ({ name, sha256 }));
  for (const name of [KIT_FILES.index, KIT_FILES.images, KIT_FILES.loadScript]) {
    sums.push({ name, sha256: await sumFile(join(folder, name)) });
  }
  const bytes = formatSums(sums);
  await writeFileAtomically(join(folder, KIT_FILES.sums), bytes);
  return bytes;
}
