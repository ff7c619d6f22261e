import { Buffer } from 'node:buffer';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import { MAX_BUNDLE_INDEX_BYTES } from '../archive/bundle-index.ts';
import { findVolumes, type VolumeFile } from '../archive/find-volumes.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { bundleIndexSpan } from '../archive/layout.ts';
import {
  openArchive,
  openVolumes,
  type OpenArchiveOptions,
  type OpenedArchive,
} from '../archive/read-archive.ts';
import { openParts } from '../archive/read-parts.ts';
import { formatVolumeName, parseVolumeName, type ArchivePart } from '../archive/volumes.ts';
import { diskCall, isErrno, readSmallFile } from '../content/file-bytes.ts';
import { archiveError } from '../image-archive/recognise-archive.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import { resolvePath, type Host } from './host.ts';

/** A kit as it lies on the disk: found, not judged. Nothing in it has been parsed. */
export interface FoundKit {
  /** As it was named. */
  readonly name: string;
  /** The kit folder; undefined for an archive that stands alone. */
  readonly folder?: string | undefined;
  /** Of a kit in volumes it must be settled before it is read (settle-volumes.ts). */
  readonly archive: OpenedArchive;
  /** Files with names of volumes, from all folders; undefined for an archive that is one file. */
  readonly volumes?: readonly VolumeFile[] | undefined;
  /** bundle.json: the folder's, else the archive's own. */
  readonly index: Uint8Array;
  /** SHA256SUMS; undefined where there is none. */
  readonly sums?: Uint8Array | undefined;
  readonly signatures: ReadonlyMap<string, Uint8Array>;
  /** images.txt; undefined where there is none. */
  readonly imagesTxt?: Uint8Array | undefined;
  /** Names of all files in the folder, sorted. */
  readonly files: readonly string[];
}

export interface OpenKitOptions extends OpenArchiveOptions {
  /** Further folders with volumes of the kit. */
  readonly volumes?: readonly string[] | undefined;
}

/** Larger signature files and sums are refused, in bytes. */
const MAX_SIDECAR_BYTES = 1024 * 1024;

/**
 * Finds a kit by its folder, by the archive in it, or by the first of its volumes.
 *
 * @throws AirkitError USAGE when there is no kit of that name, ARCHIVE_MALFORMED, DISK_FAILED
 */
export async function openKit(
  host: Host,
  path: string,
  { volumes = [], ...options }: OpenKitOptions = {},
): Promise<FoundKit> {
  const further = volumes.map((folder) => resolvePath(host, folder));
  const named = resolvePath(host, path);
  const found = await diskCall(named, 'look at', () => stat(named)).catch((error: unknown) => {
    if (error instanceof AirkitError && isErrno(error.cause, 'ENOENT')) throw nothingThere(path);
    throw error;
  });
  if (found.isDirectory()) return openFolder({ name: path, folder: named, further }, options);
  const folder = dirname(named);
  const isFirst = parseVolumeName(basename(named)) === 1;
  const isInKit =
    (isFirst || basename(named) === KIT_FILES.archive) &&
    (await exists(join(folder, KIT_FILES.index)));
  if (isInKit) return openFolder({ name: path, folder, further }, options);
  if (isFirst) return openBareVolumes({ name: path, folder, further }, options);
  const archive = await openArchive(named, options).catch(async (error: unknown) => {
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED')) throw error;
    throw (await archiveError(named, options)) ?? error;
  });
  return { name: path, archive, index: archive.index, signatures: new Map(), files: [] };
}

interface KitPlace {
  readonly name: string;
  readonly folder: string;
  /** Other folders with volumes. */
  readonly further: readonly string[];
}

/** Volumes without the tables of their kit. */
async function openBareVolumes(
  { name, folder, further }: KitPlace,
  options: OpenArchiveOptions,
): Promise<FoundKit> {
  const volumes = await findVolumes([folder, ...further]);
  const parts: ArchivePart[] = [];
  let start = 0;
  for (let number = 1; ; number += 1) {
    const file = volumes.find((one) => one.number === number);
    if (file === undefined) break;
    parts.push({ ...file, name: formatVolumeName(number), start });
    start += file.size;
  }
  const archive = await openVolumes(name, { signal: options.signal, parts });
  return { name, archive, volumes, index: archive.index, signatures: new Map(), files: [] };
}

async function openFolder(
  { name, folder, further }: KitPlace,
  options: OpenArchiveOptions,
): Promise<FoundKit> {
  const files = (await diskCall(folder, 'list', () => readdir(folder))).toSorted();
  if (folder.endsWith('.partial')) throw noKit(name, 'it was not finished: run airkit pack again');
  const isKit = files.some(
    (file) => file === KIT_FILES.sums || file === KIT_FILES.index || isSignatureFile(file),
  );
  if (!isKit) throw noKit(name, `it has no ${KIT_FILES.index}`);
  const signatures = new Map<string, Uint8Array>();
  for (const file of files.filter(isSignatureFile))
    signatures.set(file, await readSmall(join(folder, file)));
  const readIfListed = async (file: string, maxBytes?: number): Promise<Uint8Array | undefined> =>
    files.includes(file) ? readSmall(join(folder, file), maxBytes) : undefined;
  const sums = await readIfListed(KIT_FILES.sums);
  const volumes = await volumesOf({ folder, further, files, sums });
  const required = [KIT_FILES.index, ...(volumes === undefined ? [KIT_FILES.archive] : [])];
  const missing = required.filter((file) => !files.includes(file));
  if (missing.length > 0) throw incomplete(name, missing);
  const index = await readSmall(join(folder, KIT_FILES.index), MAX_BUNDLE_INDEX_BYTES);
  const archive =
    volumes === undefined
      ? await openArchive(join(folder, KIT_FILES.archive), options)
      : await unsettledArchive(folder, index);
  return {
    name,
    folder,
    archive,
    volumes,
    // It can have tens of megabytes, of which one copy is enough.
    index: Buffer.compare(index, archive.index) === 0 ? archive.index : index,
    sums,
    imagesTxt: await readIfListed(KIT_FILES.images, MAX_BUNDLE_INDEX_BYTES),
    signatures,
    files,
  };
}

interface KitListing extends Omit<KitPlace, 'name'> {
  readonly files: readonly string[];
  readonly sums: Uint8Array | undefined;
}

const VOLUME_LINE = /^[0-9a-f]{64} {2}bundle\.tar\.\d{3}$/m;

/** Files that may be volumes; undefined for a kit whose archive is one file. */
async function volumesOf({
  folder,
  further,
  files,
  sums,
}: KitListing): Promise<VolumeFile[] | undefined> {
  if (files.includes(KIT_FILES.archive)) return undefined;
  const isListed = sums !== undefined && VOLUME_LINE.test(new TextDecoder().decode(sums));
  const isInVolumes = isListed || files.some((file) => parseVolumeName(file) !== undefined);
  return isInVolumes ? findVolumes([folder, ...further]) : undefined;
}

/** Where the volumes end is only known from an index that may be believed. */
async function unsettledArchive(folder: string, index: Uint8Array): Promise<OpenedArchive> {
  const base = bundleIndexSpan(index.byteLength);
  return { path: join(folder, KIT_FILES.archive), index, base, ...(await openParts([])) };
}

/** A whole small file. @throws AirkitError ARCHIVE_MALFORMED when it is larger, DISK_FAILED */
export async function readSmall(
  path: string,
  maxBytes: number = MAX_SIDECAR_BYTES,
): Promise<Uint8Array> {
  const bytes = await readSmallFile(path, maxBytes);
  if (bytes !== undefined) return bytes;
  throw new AirkitError(
    'ARCHIVE_MALFORMED',
    `${path}: more than the ${maxBytes} bytes that belong there`,
    { context: { path } },
  );
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A folder that was a kit once: what is gone is a finding like any other. */
function incomplete(name: string, missing: readonly string[]): AirkitError {
  const problems = missing.map((file) => ({
    code: 'MEMBER_MISSING',
    severity: 'error' as const,
    message: `${file}: it is missing`,
    subject: file,
  }));
  return new AirkitError('VERIFICATION_FAILED', `${name}: ${missing.join(' and ')} missing`, {
    hint: 'Copy the whole folder again.',
    context: { path: name },
    problems,
  });
}

function nothingThere(name: string): AirkitError {
  return new AirkitError('USAGE', `${name}: there is no such file or folder`, {
    hint: 'Name a kit, the folder or the bundle.tar in it; load, inspect and convert take archives and layouts of other tools, too.',
    context: { path: name },
  });
}

function noKit(name: string, why: string): AirkitError {
  return new AirkitError('USAGE', `${name} is no kit: ${why}`, {
    hint: 'Name the folder that airkit pack wrote, or the bundle.tar or bundle.tar.001 in it.',
    context: { path: name },
  });
}
