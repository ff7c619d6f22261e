import type { NameReversal, NameReversalResult } from '../content/image.ts';
import { parseReference } from '../oci/reference.ts';
import type { ReceiptResult } from './receipt.ts';

/** A name of the receipt that had been changed. */
export interface RollbackResult {
  /** As it was named. */
  readonly target: string;
  readonly reference: string;
  /**
   * `restored`, `removed`: as it was before the load. `changed`: it stands for something else by now and was left
   * alone. `unknown`: the load broke off before it knew what became of the name. `pending`: a dry run.
   */
  readonly status: NameReversalResult['status'] | 'unknown' | 'pending';
  /** What the name stood for before the rollback, and stands for now. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly message?: string | undefined;
}

/** Names that the load moved. */
export function isChange({ status, before, after }: ReceiptResult): boolean {
  return status === 'loaded' && before !== after;
}

/** A load that broke off may have moved names without taking it down. */
export function lostTrack({ target, reference, status, before }: ReceiptResult): RollbackResult[] {
  if (status !== 'pending') return [];
  const message =
    'the load broke off before its outcome was known: load again, and roll back the receipt of that';
  return [{ target, reference, status: 'unknown', before, message }];
}

export function asForecast({ target, reference, before, after }: ReceiptResult): RollbackResult {
  const message = before === undefined ? 'would be removed' : `would be put back to ${before}`;
  return { target, reference, status: 'pending', before: after, after: before, message };
}

/** What a target is asked to do for it. */
export function asReversal({ reference, before, after = '' }: ReceiptResult): NameReversal {
  return { reference: parseReference(reference), expected: after, restore: before };
}

/** A name that is back already, by an earlier rollback, is as it should be. */
export function asResult(
  { target, reference, before: wanted, after: left }: ReceiptResult,
  result: NameReversalResult | undefined,
): RollbackResult {
  const common = { target, reference, before: left };
  if (result === undefined) return { ...common, status: 'failed', message: 'nothing was told' };
  const { status, now, message } = result;
  if (status === 'changed' && now === wanted) {
    const done = wanted === undefined ? 'removed' : 'restored';
    return { ...common, status: done, after: now, message: 'it was back already' };
  }
  const why = status === 'changed' ? changedSince(left, now) : message;
  return { ...common, status, after: now, ...(why === undefined ? {} : { message: why }) };
}

function changedSince(left: string | undefined, now: string | undefined): string {
  return `left alone: the load made it ${left}, now it is ${now ?? 'gone'}`;
}
