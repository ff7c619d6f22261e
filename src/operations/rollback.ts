import { AirkitError, isAirkitError } from '../errors.ts';
import type { ImageTarget } from '../content/image.ts';
import { isErrno } from '../content/file-bytes.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { resolvePath, type Host } from './host.ts';
import { closeTargets } from './load-targets.ts';
import { openTarget } from './open-target.ts';
import type { Receipt, ReceiptResult, ReceiptTarget } from './receipt.ts';
import { readReceipt, type StoredReceipt } from './receipt-folder.ts';
import {
  asForecast,
  asResult,
  asReversal,
  isChange,
  lostTrack,
  type RollbackResult,
} from './rollback-results.ts';
import { recalledTarget } from './target-record.ts';
import { beginReceipt, breakOff, placeReceipt, statusOf } from './write-receipt.ts';

export interface RollbackOptions extends OperationOptions {
  /** Tells what would be put back; no target is asked, nothing is written. */
  readonly dryRun?: boolean | undefined;
  /** File for the receipt of the rollback. Default: a file of its own in the folder for receipts. */
  readonly receipt?: string | undefined;
}

export interface RollbackReport {
  /** The receipt that was rolled back: absolute. */
  readonly rolledBack: string;
  readonly kit: Receipt['kit'];
  readonly dryRun: boolean;
  /** Last changed first; names that the load left as they were are not in it. */
  readonly results: readonly RollbackResult[];
  readonly status: 'done' | 'partly' | 'failed';
  /** Receipt of the rollback; undefined when there was nothing to do, and for a dry run. */
  readonly receipt?: string | undefined;
}

/**
 * Puts names back where a load found them, last ones first, and leaves alone what has changed since. Content stays.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED, USAGE, DISK_FAILED for the receipt; TARGET_FAILED when a target
 * cannot be reached. That some names could not be put back is in the report.
 */
export async function rollback(
  host: Host,
  path: string,
  options: RollbackOptions = {},
): Promise<RollbackReport> {
  const stored = await findReceipt(host, path);
  const { receipt } = stored;
  if (receipt.kind === 'rollback') throw noLoad(path);
  const open = receipt.results.flatMap(lostTrack);
  const changes = receipt.results.filter(isChange).toReversed();
  const common = { rolledBack: stored.path, kit: receipt.kit };
  if (options.dryRun === true || changes.length === 0) {
    const results = [...changes.map(asForecast), ...open];
    const status = options.dryRun === true ? 'done' : statusOf(open);
    return { ...common, dryRun: options.dryRun === true, results, status };
  }
  const targets = receipt.targets.filter(({ target }) =>
    changes.some((change) => change.target === target),
  );
  const opened = (await openAll(host, { targets, kit: receipt.kit }, options)).toReversed();
  try {
    const own = await beginRollback(host, { stored, changes, targets }, options);
    const reversals = opened.map((one) => ({
      ...one,
      changes: changes.filter(({ target }) => target === one.target),
    }));
    const put = await mapLimited(
      reversals,
      async (one, { signal }) => {
        const results = await putBack(one, { ...options, signal });
        for (const result of results) await own.settle(result);
        return results;
      },
      { signal: options.signal, concurrency: reversals.length },
    ).catch(async (error: unknown) => breakOff(own, error, options));
    const results = [...put.flat(), ...open];
    await own.finish({ results });
    return { ...common, dryRun: false, results, status: statusOf(results), receipt: own.path };
  } finally {
    await closeTargets(opened.map(({ medium }) => medium));
  }
}

async function findReceipt(host: Host, path: string): Promise<StoredReceipt> {
  try {
    return await readReceipt(resolvePath(host, path));
  } catch (error) {
    if (!isAirkitError(error, 'DISK_FAILED') || !isErrno(error.cause, 'ENOENT')) throw error;
    throw new AirkitError('USAGE', `${path}: there is no such receipt`, {
      hint: 'airkit history lists the receipts of this machine.',
      context: { path },
    });
  }
}

function noLoad(path: string): AirkitError {
  return new AirkitError('USAGE', `${path}: it is the receipt of a rollback`, {
    hint: 'Load the kit again to have its images under their names.',
    context: { path },
  });
}

interface OpenedTarget {
  readonly target: string;
  readonly medium: ImageTarget;
}

/** All of them before the first change. */
async function openAll(
  host: Host,
  { targets, kit }: Pick<Receipt, 'targets' | 'kit'>,
  options: OperationOptions,
): Promise<OpenedTarget[]> {
  const opened: OpenedTarget[] = [];
  try {
    for (const target of targets) {
      const { host: there, place } = recalledTarget(host, target);
      const medium = await openTarget(there, { ...place, kit }, options);
      opened.push({ target: target.target, medium });
      if (medium.putBack === undefined) throw cannotPutBack(target.target);
    }
    return opened;
  } catch (error) {
    await closeTargets(opened.map(({ medium }) => medium));
    throw error;
  }
}

function cannotPutBack(target: string): AirkitError {
  return new AirkitError('UNSUPPORTED', `${target}: names cannot be put back there`, {
    hint: 'Load an earlier kit to move the names.',
  });
}

interface Beginning {
  readonly stored: StoredReceipt;
  readonly changes: readonly ReceiptResult[];
  readonly targets: readonly ReceiptTarget[];
}

async function beginRollback(
  host: Host,
  { stored, changes, targets }: Beginning,
  { receipt: file }: RollbackOptions,
): ReturnType<typeof beginReceipt> {
  const { kit, signers } = stored.receipt;
  const path = await placeReceipt(host, { file, kind: 'rollback', name: kit.name });
  if (path === stored.path) {
    throw new AirkitError('USAGE', `--receipt ${path}: that is the receipt to be rolled back`, {
      hint: 'Give the rollback a file of its own.',
    });
  }
  return beginReceipt(host, path, {
    kind: 'rollback',
    kit,
    signers,
    targets: targets.map(withoutOutcome),
    reverses: stored.sha256,
    results: changes.map(({ target, reference, after }) => ({
      target,
      reference,
      status: 'pending',
      before: after,
    })),
  });
}

/** A target as it is found, without what the load did there. */
function withoutOutcome({
  target,
  directory,
  environment,
  scoped,
  sparseIndex,
}: ReceiptTarget): ReceiptTarget {
  return { target, directory, environment, scoped, sparseIndex };
}

async function putBack(
  { target, medium, changes }: OpenedTarget & { readonly changes: readonly ReceiptResult[] },
  options: OperationOptions,
): Promise<RollbackResult[]> {
  const names = changes.map(asReversal);
  try {
    const results = (await medium.putBack?.(names, options)) ?? [];
    return changes.map((change, at) => asResult(change, results[at]));
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error)) throw error;
    const { message } = error;
    return changes.map(({ reference }) => ({ target, reference, status: 'failed', message }));
  }
}
