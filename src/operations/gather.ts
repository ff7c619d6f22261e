import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import {
  KIT_FILES,
  openPartialKit,
  PARTIAL_FILES,
  requireFreeOutput,
} from '../archive/kit-folder.ts';
import { parseSums, type FileSum } from '../archive/sums.ts';
import { isArchiveFile } from '../archive/volumes.ts';
import { copyFile, isUnfinishedName } from '../content/copy-file.ts';
import { diskCall } from '../content/file-bytes.ts';
import { removeAbandoned } from '../content/write-file.ts';
import { measureSpace, requireSpace } from '../content/free-space.ts';
import type { OperationOptions } from '../content/operation.ts';
import { resolvePath, type Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import { kitTables, type KitFile } from './kit-files.ts';
import { readSmall } from './open-kit.ts';
import { verify, type VerifyReport } from './verify.ts';

export interface GatherOptions extends OperationOptions, TrustOptions {
  /** The kit folder that results. */
  readonly into: string;
}

export interface GatherReport {
  /** The kit folder; with `.partial` as long as it is not complete. */
  readonly path: string;
  readonly complete: boolean;
  /** Names of the files that came from each medium. */
  readonly media: readonly { readonly path: string; readonly files: readonly string[] }[];
  /** Files that no medium has given yet, with their sums. */
  readonly missing: readonly FileSum[];
  /** Files that are damaged on a medium: they were not taken. */
  readonly problems: readonly Problem[];
  /** Of the complete kit. */
  readonly verification?: VerifyReport | undefined;
}

/**
 * Gathers a kit from media, one after the other or several at once, into `INTO.partial`. Each file is compared with the
 * SHA256SUMS of its medium before it counts, and all media must have the same. When nothing is missing any more the
 * folder gets its name and the kit is verified.
 *
 * @throws AirkitError USAGE for a folder without a kit, or with another one; OUTPUT_EXISTS, OUTPUT_BUSY, NO_SPACE,
 * DISK_FAILED, CONTENT_INVALID
 */
export async function gather(
  host: Host,
  media: readonly string[],
  options: GatherOptions,
): Promise<GatherReport> {
  const folder = resolvePath(host, options.into);
  await requireFreeOutput(folder, { force: false });
  const partial = await openPartialKit(folder, { pid: host.pid, resumes: 'gathering' });
  try {
    await requireGathering(partial.folder);
    const problems: Problem[] = [];
    const given: { path: string; files: readonly string[] }[] = [];
    for (const path of media) {
      const medium = { path, from: resolvePath(host, path), into: partial.folder };
      const taken = await takeMedium(medium, options);
      given.push({ path, files: taken.files });
      problems.push(...taken.problems);
    }
    const missing = await missingFiles(partial.folder);
    if (missing === undefined || missing.length > 0) {
      await partial.release();
      const { folder: path } = partial;
      return { path, complete: false, media: given, missing: missing ?? [], problems };
    }
    await partial.finish();
    const verification = await verify(host, folder, options);
    return { path: folder, complete: true, media: given, missing, problems, verification };
  } catch (error) {
    await partial.release();
    throw error;
  }
}

/** A pack that was interrupted may have left the folder: its volumes look complete, and are not. */
async function requireGathering(folder: string): Promise<void> {
  await removeAbandoned(folder);
  for (const name of await diskCall(folder, 'list', () => readdir(folder))) {
    const path = join(folder, name);
    if (isUnfinishedName(name)) await diskCall(path, 'remove', () => rm(path, { force: true }));
    if (name !== PARTIAL_FILES.journal) continue;
    throw new AirkitError('OUTPUT_EXISTS', `${folder} was left by an interrupted airkit pack`, {
      hint: 'Remove it, or choose another folder with --into.',
      context: { path: folder },
    });
  }
}

interface TakenMedium {
  readonly path: string;
  readonly from: string;
  readonly into: string;
}

async function takeMedium(
  { path, from, into }: TakenMedium,
  options: OperationOptions,
): Promise<{ files: string[]; problems: Problem[] }> {
  const names = await diskCall(from, 'list', () => readdir(from));
  const bytes = await requireSameKit({ path, from, into }, names);
  const sums = parseSums(bytes);
  const tables = await kitTables(from, { names, sums });
  const wanted = [...tables, ...(await archiveFilesIn(from, { names, sums }))];
  const there = new Set(await diskCall(into, 'list', () => readdir(into)));
  const files = wanted.filter(({ name }) => !there.has(name));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  requireSpace(await measureSpace([{ path: into, neededBytes: size }]), 'Free some space there.');
  options.onProgress?.({ kind: 'phase', phase: 'copy', bytes: size });
  const taken: string[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const problem = await takeFile(file, into, options);
    if (problem === undefined) taken.push(file.name);
    else problems.push(problem);
  }
  return { files: taken, problems };
}

/** @returns SHA256SUMS of the medium */
async function requireSameKit(
  { path, from, into }: TakenMedium,
  names: readonly string[],
): Promise<Uint8Array> {
  if (!names.includes(KIT_FILES.sums)) {
    throw new AirkitError('USAGE', `${path}: it has no ${KIT_FILES.sums}`, {
      hint: 'Name the folder on the medium that airkit copy filled.',
      context: { path },
    });
  }
  const own = await readSums(from);
  const before = await readSums(into).catch(() => own);
  if (Buffer.compare(own, before) === 0) return own;
  throw new AirkitError(
    'USAGE',
    `${path} is a medium of another kit: its ${KIT_FILES.sums} differs`,
    {
      hint: `What was gathered so far is in ${into}: remove it to gather another kit.`,
      context: { path },
    },
  );
}

async function readSums(folder: string): Promise<Uint8Array> {
  return readSmall(join(folder, KIT_FILES.sums));
}

async function archiveFilesIn(
  from: string,
  { names, sums }: { readonly names: readonly string[]; readonly sums: readonly FileSum[] },
): Promise<KitFile[]> {
  const files: KitFile[] = [];
  for (const { name, sha256 } of sums.filter((one) => isArchiveFile(one.name))) {
    if (!names.includes(name)) continue;
    const path = join(from, name);
    const { size } = await diskCall(path, 'look at', () => stat(path));
    files.push({ name, path, size, sha256 });
  }
  return files;
}

/** @returns what is wrong with the file on its medium; the others may be good */
async function takeFile(
  { name, path, sha256 }: KitFile,
  into: string,
  options: OperationOptions,
): Promise<Problem | undefined> {
  options.signal?.throwIfAborted();
  try {
    await copyFile({ from: path, to: join(into, name), sha256 }, options);
    return undefined;
  } catch (error) {
    if (!isAirkitError(error, 'DIGEST_MISMATCH', 'DISK_FAILED')) throw error;
    if (error.context['path'] !== path) throw error;
    const { code, message, hint } = error;
    return { code, severity: 'error', message, subject: name, hint };
  }
}

/** What SHA256SUMS lists and is not there; undefined as long as there is no such list. */
async function missingFiles(folder: string): Promise<FileSum[] | undefined> {
  const names = new Set(await diskCall(folder, 'list', () => readdir(folder)));
  if (!names.has(KIT_FILES.sums)) return undefined;
  return parseSums(await readSums(folder)).filter(({ name }) => !names.has(name));
}
