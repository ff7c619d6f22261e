import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { isAirkitError } from '../errors.ts';
import { formatLockFile, lockPathOf, type LockedBundle, type LockFile } from '../spec/lock-file.ts';
import { readLockFile, type ReadLock } from '../spec/read-lock-file.ts';
import { openRun, type BundleRun } from './bundle-run.ts';
import { missingLock } from './find-lock.ts';
import type { Host } from './host.ts';
import { lockBundle } from './lock-bundle.ts';
import {
  compareWithLocked,
  namedImages,
  type LockChanges,
  type NamedImage,
} from './lock-changes.ts';
import { renewLock } from './renew-lock.ts';

export interface LockOptions extends OperationOptions {
  /** The bundles file. Default `bundles.yaml`. */
  readonly file?: string | undefined;
  /** Patterns of the names to renew; all others stay as they are locked. Default: all is locked anew. */
  readonly update?: readonly string[] | undefined;
}

export interface LockReport {
  /** Of the lock, absolute. */
  readonly path: string;
  /** False when the file had these bytes already; it is then not touched. */
  readonly isWritten: boolean;
  /** Against the earlier lock. */
  readonly bundles: readonly (LockChanges & { readonly name: string; readonly images: number })[];
}

/**
 * Writes the lock of a bundles file: what its selectors choose now. The same choice gives the same bytes.
 *
 * @throws AirkitError SPEC_INVALID, NO_MATCH, NAME_COLLISION, UNSUPPORTED, SOURCE_FAILED, DISK_FAILED; LOCK_STALE when
 * there is no lock to renew
 */
export async function lock(host: Host, options: LockOptions = {}): Promise<LockReport> {
  const { update = [] } = options;
  await using run = await openRun(host, { ...options, lock: 'ignored' });
  tellDiscovered(run, options);
  const path = lockPathOf(run.file.path);
  const earlier = await readEarlier(path, options);
  if (earlier === undefined && update.length > 0) throw missingLock(path);
  const current = await lockBundles(run, options);
  const next =
    earlier === undefined || update.length === 0
      ? current
      : await renewLock({ file: run.file, earlier: earlier.lock, current, update });
  const text = formatLockFile(next);
  const isWritten = earlier?.text !== text;
  if (isWritten) await writeFileAtomically(path, Buffer.from(text));
  return { path, isWritten, bundles: changesOf(earlier?.lock, next) };
}

function tellDiscovered({ discoveries }: BundleRun, { onProgress }: OperationOptions): void {
  const warnings = [...discoveries.values()].flatMap((one) => one.warnings);
  for (const message of warnings) onProgress?.({ kind: 'warning', message });
}

/** A lock that cannot be read, as after a merge with conflicts, is no reason not to write it anew. */
async function readEarlier(
  path: string,
  { update = [], ...options }: LockOptions,
): Promise<ReadLock | undefined> {
  try {
    return await readLockFile(path, options);
  } catch (error) {
    if (update.length > 0 || !isAirkitError(error, 'SPEC_INVALID')) throw error;
    options.onProgress?.({ kind: 'warning', message: `${error.message}: it is replaced` });
    return undefined;
  }
}

/** For a renewal, names that are gone are no failure yet: they may be kept as they are locked. */
async function lockBundles(
  run: BundleRun,
  { update = [], ...options }: LockOptions,
): Promise<LockFile> {
  const { file, bundles } = run;
  const isLenient = update.length > 0;
  const locked: LockedBundle[] = [];
  for (const bundle of bundles) {
    const context = await run.contextFor(bundle);
    locked.push(await lockBundle({ bundle, file, context, isLenient }, options));
  }
  return { bundles: locked };
}

function changesOf(earlier: LockFile | undefined, next: LockFile): LockReport['bundles'] {
  return next.bundles.map((bundle) => {
    const before = earlier?.bundles.find(({ name }) => name === bundle.name);
    const now = imagesOf(bundle);
    return {
      name: bundle.name,
      images: now.length,
      ...compareWithLocked(imagesOf(before), now),
    };
  });
}

function imagesOf(bundle: LockedBundle | undefined): NamedImage[] {
  return (bundle?.selectors ?? []).flatMap(({ from, images }) => namedImages(from, images));
}
