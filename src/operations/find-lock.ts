import { AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundlesFile, BundleSpec } from '../spec/bundles-file.ts';
import { lockPathOf } from '../spec/lock-file.ts';
import { matchLock, type LockedChoice } from '../spec/match-lock.ts';
import { readLockFile } from '../spec/read-lock-file.ts';

/** `if-present`: used when it is there. `required`: it must be. `ignored`: as if there were none. */
export type LockUse = 'if-present' | 'required' | 'ignored';

/** A lock that fits its bundles file. */
export interface Lock {
  /** Absolute. */
  readonly path: string;
  readonly images: LockedChoice;
}

export interface LockQuestion {
  readonly file: BundlesFile;
  /** The bundles that are worked on. */
  readonly bundles: readonly BundleSpec[];
  readonly use: LockUse;
}

/**
 * The lock beside a bundles file.
 *
 * @throws AirkitError LOCK_STALE when it is required and missing, or does not fit the selectors; SPEC_INVALID
 */
export async function findLock(
  { file, bundles, use }: LockQuestion,
  options: OperationOptions,
): Promise<Lock | undefined> {
  if (use === 'ignored') return undefined;
  const path = lockPathOf(file.path);
  const read = await readLockFile(path, options);
  if (read !== undefined)
    return { path, images: matchLock({ lock: read.lock, path, bundles }, file) };
  if (use === 'required') throw missingLock(path);
  return undefined;
}

/** The error for a lock that must be there and is not. */
export function missingLock(path: string): AirkitError {
  return new AirkitError('LOCK_STALE', `there is no lock: ${path} does not exist`, {
    hint: 'Run `airkit lock` to write it.',
    context: { path },
  });
}
