import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import { MAX_BUNDLE_INDEX_BYTES } from '../archive/bundle-index.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import {
  openArchive,
  type OpenArchiveOptions,
  type OpenedArchive,
} from '../archive/read-archive.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { archiveError } from '../image-archive/recognise-archive.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import { resolvePath, type Host } from './host.ts';

/** A kit as it lies on the disk: found, not judged. Nothing in it has been parsed. */
export interface FoundKit {
  /** As it was named. */
  readonly name: string;
  /** The kit folder; undefined for an archive that stands alone. */
  readonly folder?: string | undefined;
  readonly archive: OpenedArchive;
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

/** Larger signature files and sums are refused, in bytes. */
const MAX_SIDECAR_BYTES = 1024 * 1024;

/**
 * Finds a kit by its folder or by the archive in it.
 *
 * @throws AirkitError USAGE when there is no kit of that name, ARCHIVE_MALFORMED, UNSUPPORTED for volumes, DISK_FAILED
 */
export async function openKit(
  host: Host,
  path: string,
  options: OpenArchiveOptions = {},
): Promise<FoundKit> {
  const named = resolvePath(host, path);
  const found = await diskCall(named, 'look at', () => stat(named)).catch((error: unknown) => {
    if (error instanceof AirkitError && isErrno(error.cause, 'ENOENT'))
      throw noKit(path, 'there is no such file or folder');
    throw error;
  });
  if (found.isDirectory()) return openFolder({ name: path, folder: named }, options);
  const folder = dirname(named);
  const isInKit =
    basename(named) === KIT_FILES.archive && (await exists(join(folder, KIT_FILES.index)));
  if (isInKit) return openFolder({ name: path, folder }, options);
  const archive = await openArchive(named, options).catch(async (error: unknown) => {
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED')) throw error;
    throw (await archiveError(named, options)) ?? error;
  });
  return { name: path, archive, index: archive.index, signatures: new Map(), files: [] };
}

async function openFolder(
  { name, folder }: { readonly name: string; readonly folder: string },
  options: OpenArchiveOptions,
): Promise<FoundKit> {
  const files = (await diskCall(folder, 'list', () => readdir(folder))).toSorted();
  if (folder.endsWith('.partial')) throw noKit(name, 'it was not finished: run airkit pack again');
  const isKit = files.some(
    (file) => file === KIT_FILES.sums || file === KIT_FILES.index || isSignatureFile(file),
  );
  if (!isKit) throw noKit(name, `it has no ${KIT_FILES.index}`);
  if (files.includes(`${KIT_FILES.archive}.001`)) {
    throw new AirkitError('UNSUPPORTED', `${name}: kits in volumes cannot be read yet`, {
      hint: `Join them: cat ${KIT_FILES.archive}.* > ${KIT_FILES.archive}`,
    });
  }
  const missing = [KIT_FILES.index, KIT_FILES.archive].filter((file) => !files.includes(file));
  if (missing.length > 0) throw incomplete(name, missing);
  const signatures = new Map<string, Uint8Array>();
  for (const file of files.filter(isSignatureFile))
    signatures.set(file, await readSmall(join(folder, file)));
  const readIfListed = async (file: string, maxBytes?: number): Promise<Uint8Array | undefined> =>
    files.includes(file) ? readSmall(join(folder, file), maxBytes) : undefined;
  return {
    name,
    folder,
    archive: await openArchive(join(folder, KIT_FILES.archive), options),
    index: await readSmall(join(folder, KIT_FILES.index), MAX_BUNDLE_INDEX_BYTES),
    sums: await readIfListed(KIT_FILES.sums),
    imagesTxt: await readIfListed(KIT_FILES.images, MAX_BUNDLE_INDEX_BYTES),
    signatures,
    files,
  };
}

/** A whole small file. @throws AirkitError ARCHIVE_MALFORMED when it is larger, DISK_FAILED */
export async function readSmall(
  path: string,
  maxBytes: number = MAX_SIDECAR_BYTES,
): Promise<Uint8Array> {
  const { size } = await diskCall(path, 'look at', () => stat(path));
  if (size <= maxBytes) return diskCall(path, 'read', () => readFile(path));
  throw new AirkitError(
    'ARCHIVE_MALFORMED',
    `${path}: ${size} bytes where at most ${maxBytes} belong`,
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

function noKit(name: string, why: string): AirkitError {
  return new AirkitError('USAGE', `${name} is no kit: ${why}`, {
    hint: 'Name the folder that airkit pack wrote, or the bundle.tar in it.',
    context: { path: name },
  });
}
