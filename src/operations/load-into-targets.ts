import { isAirkitError, type AirkitError } from '../errors.ts';
import type { TargetResult } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatReference } from '../oci/reference.ts';
import { isDamage } from './check-whole.ts';
import type { TargetRun } from './load-targets.ts';
import { verificationFailed } from './require-verified.ts';

export interface LoadingRuns {
  readonly runs: readonly TargetRun[];
  /** Of the kit, as it was named. */
  readonly path: string;
  readonly keepGoing: boolean;
  /** Told of each image as soon as its outcome is known. */
  readonly onSettled: (run: TargetRun, result: TargetResult) => Promise<void>;
}

/**
 * Loads into every target, side by side. What fails in one target is told in its run and leaves the others alone.
 *
 * @throws AirkitError VERIFICATION_FAILED for a blob that turns out damaged, which stops all targets unless others are
 * to be gone on with: the kit is not what was signed
 */
export async function loadIntoTargets(
  loading: LoadingRuns,
  options: OperationOptions,
): Promise<void> {
  const { runs } = loading;
  if (runs.some(({ images }) => images.length > 0))
    options.onProgress?.({ kind: 'phase', phase: 'load' });
  await mapLimited(runs, async (run, { signal }) => loadRun(run, loading, { ...options, signal }), {
    signal: options.signal,
    concurrency: runs.length,
  });
}

async function loadRun(
  run: TargetRun,
  { path, keepGoing, onSettled }: LoadingRuns,
  options: OperationOptions,
): Promise<void> {
  const { target, images, error } = run;
  const onResult = async (result: TargetResult): Promise<void> => {
    run.settled.set(result.reference, result);
    await onSettled(run, result);
  };
  try {
    if (error !== undefined) throw error;
    if (target === undefined || images.length === 0) return;
    const { results, sentBytes } = await target.load(images, { ...options, onResult });
    run.sentBytes = sentBytes;
    for (const result of results) if (!run.settled.has(result.reference)) await onResult(result);
  } catch (failure) {
    options.signal?.throwIfAborted();
    if (isDamage(failure) && !keepGoing) throw damaged(path, failure);
    if (!isAirkitError(failure)) throw failure;
    run.error = failure;
    for (const image of images) await settleFailed(run, formatReference(image.reference), onResult);
  }
}

async function settleFailed(
  { settled, surveyed, error }: TargetRun,
  reference: string,
  onResult: (result: TargetResult) => Promise<void>,
): Promise<void> {
  if (settled.has(reference)) return;
  const before = surveyed.get(reference)?.before;
  await onResult({ reference, status: 'failed', before, message: error?.message });
}

function damaged(path: string, { code, message, context }: AirkitError): AirkitError {
  const subject = String(context['digest'] ?? 'bundle.tar');
  return verificationFailed(path, [{ code, severity: 'error', message, subject }]);
}
