import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import { parseBundleIndex } from '../archive/bundle-index.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { parseSums, sumFile, type FileSum } from '../archive/sums.ts';
import { copyFile } from '../content/copy-file.ts';
import type { OperationOptions } from '../content/operation.ts';
import { sumUncached } from '../content/read-uncached.ts';
import { kitFinding } from './check-sums.ts';
import { resolvePath, type Host } from './host.ts';
import { kitTables, type KitFile } from './kit-files.ts';
import { openKit, type FoundKit, type OpenKitOptions } from './open-kit.ts';
import { openMedia } from './open-media.ts';
import { planMedia, type MediumPlan } from './plan-media.ts';
import { verificationFailed } from './require-verified.ts';
import { settleVolumes } from './settle-volumes.ts';

export interface CopyReport {
  readonly kit: { readonly path: string };
  readonly media: readonly FilledMedium[];
  /** Folders that nothing was left for. */
  readonly unused: readonly string[];
}

export interface FilledMedium {
  readonly path: string;
  /** The kit's files there, the archive or its volumes last. */
  readonly files: readonly CopiedKitFile[];
  /** True when all bytes were read back from the medium, past the page cache. */
  readonly isReread: boolean;
}

export interface CopiedKitFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly status: 'copied' | 'already-present';
}

/**
 * Copies a kit onto media: volumes in order, as many on each as fit, and all other files on every one. Sizes are checked
 * before anything is written; each file is compared with SHA256SUMS on the way, synced, and read back where the system
 * lets it. What a copy before has left complete stays. No signature is asked for.
 *
 * @throws AirkitError USAGE, OUTPUT_EXISTS, UNSUPPORTED, NO_SPACE, DISK_FAILED, CONTENT_INVALID, VERIFICATION_FAILED for a
 * kit of which a file is damaged or missing
 */
export async function copy(
  host: Host,
  { kit: path, media: folders }: { readonly kit: string; readonly media: readonly string[] },
  options: OpenKitOptions = {},
): Promise<CopyReport> {
  const kit = await openKit(host, path, options);
  const { folder, sums, files: names } = kit;
  if (folder === undefined || sums === undefined) {
    const what = `${path}: only a kit folder with ${KIT_FILES.sums} can be copied`;
    throw new AirkitError('USAGE', what, { context: { path } });
  }
  const listed = parseSums(sums);
  const tables = await kitTables(folder, { names, sums: listed });
  const volumes = await archiveFiles({ path, folder, kit, listed }, options);
  const paths = folders.map((one) => resolvePath(host, one));
  const media = await openMedia(paths, { folder, sums, files: [...tables, ...volumes] });
  const plans = planMedia({ tables, volumes }, media);
  options.onProgress?.({ kind: 'phase', phase: 'copy', bytes: bytesOf(plans) });
  const filled: FilledMedium[] = [];
  try {
    for (const plan of plans) filled.push(await fillMedium(plan, options));
  } catch (error) {
    throw isAirkitError(error, 'DIGEST_MISMATCH') ? damagedKit(path, error) : error;
  }
  const used = new Set(filled.map((one) => one.path));
  return { kit: { path }, media: filled, unused: paths.filter((one) => !used.has(one)) };
}

function damagedKit(path: string, { code, message, hint, context }: AirkitError): AirkitError {
  const subject = basename(String(context['path'] ?? path));
  return verificationFailed(path, [{ code, severity: 'error', message, subject, hint }]);
}

interface CopySource {
  readonly path: string;
  readonly folder: string;
  readonly kit: FoundKit;
  readonly listed: readonly FileSum[];
}

/** The archive, or its volumes in order. */
async function archiveFiles(
  { path, folder, kit, listed }: CopySource,
  options: OperationOptions,
): Promise<KitFile[]> {
  if (kit.volumes === undefined) {
    const file = join(folder, KIT_FILES.archive);
    const sum = listed.find(({ name }) => name === KIT_FILES.archive);
    return [{ name: KIT_FILES.archive, path: file, size: kit.archive.size, sha256: sum?.sha256 }];
  }
  const settled = await settleVolumes(kit, parseBundleIndex(kit.index), options);
  if (settled.problems.length > 0) throw verificationFailed(path, settled.problems);
  return settled.volumes.map(({ name, path: file, size, sum }) => {
    if (file !== undefined) return { name, path: file, size, sha256: sum };
    throw verificationFailed(path, [kitFinding('MEMBER_MISSING', name, 'it is missing')]);
  });
}

function bytesOf(plans: readonly MediumPlan[]): number {
  return plans
    .flatMap(({ tables, volumes }) => [...tables, ...volumes])
    .reduce((sum, { size }) => sum + size, 0);
}

async function fillMedium(
  { medium, tables, volumes }: MediumPlan,
  options: OperationOptions,
): Promise<FilledMedium> {
  const files: CopiedKitFile[] = [];
  let isReread = true;
  for (const file of [...tables, ...volumes]) {
    options.signal?.throwIfAborted();
    const { reread, ...copied } = await putFile(file, join(medium.path, file.name), options);
    files.push(copied);
    isReread &&= reread;
  }
  return { path: medium.path, files, isReread };
}

async function putFile(
  { name, path, size, sha256: expected }: KitFile,
  to: string,
  options: OperationOptions,
): Promise<CopiedKitFile & { reread: boolean }> {
  const wanted = expected ?? (await sumFile(path, { signal: options.signal }));
  const there = await stat(to).catch(() => undefined);
  if (there?.isFile() === true && there.size === size) {
    const uncached = await sumUncached(to, { signal: options.signal });
    const found = uncached ?? (await sumFile(to, { signal: options.signal }));
    if (found === wanted) {
      options.onProgress?.({ kind: 'bytes', bytes: size });
      const status = 'already-present';
      return { name, size, sha256: wanted, status, reread: uncached !== undefined };
    }
  }
  const { isReread, sha256 } = await copyFile({ from: path, to, sha256: wanted }, options);
  return { name, size, sha256, status: 'copied', reread: isReread };
}
