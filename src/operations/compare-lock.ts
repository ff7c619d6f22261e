import { isAirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundlesFile, BundleSpec } from '../spec/bundles-file.ts';
import type { ChooseContext } from './choose-images.ts';
import type { Lock } from './find-lock.ts';
import { openFailureLog } from './image-failures.ts';
import { lockBundle } from './lock-bundle.ts';
import {
  compareWithLocked,
  namedImages,
  type LockChanges,
  type NamedImage,
} from './lock-changes.ts';

/** How a lock and what its selectors would choose now differ. */
export interface LockComparison extends LockChanges {
  /** Of the lock, absolute. */
  readonly path: string;
  /** Selectors of which the source does not tell; they are left out of the comparison. */
  readonly notCompared: readonly { readonly from: string; readonly message: string }[];
}

export interface ComparisonRequest {
  readonly bundle: BundleSpec;
  readonly file: BundlesFile;
  readonly lock: Lock;
  readonly context: ChooseContext;
}

/** Looks at what has moved since a bundle was locked. A source that does not answer is told of, and no failure. */
export async function compareLock(
  { bundle, file, lock, context }: ComparisonRequest,
  options: OperationOptions,
): Promise<LockComparison> {
  const locked: NamedImage[] = [];
  const now: NamedImage[] = [];
  const notCompared: { from: string; message: string }[] = [];
  for (const selector of bundle.images) {
    const from = selector.text;
    try {
      const alone = { ...bundle, images: [selector], containers: [] };
      const failures = openFailureLog(context.target.cache.folder);
      const request = { bundle: alone, file, context: { ...context, failures }, isLenient: true };
      const [found] = (await lockBundle(request, options)).selectors;
      now.push(...namedImages(from, found?.images));
      locked.push(...namedImages(from, lock.images.get(selector)));
    } catch (error) {
      if (!isAirkitError(error)) throw error;
      notCompared.push({ from, message: error.message });
    }
  }
  return { path: lock.path, ...compareWithLocked(locked, now), notCompared };
}
