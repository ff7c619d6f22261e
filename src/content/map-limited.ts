import pLimit from 'p-limit';
import type { OperationOptions } from './operation.ts';

/** Requests or blobs in flight at once, where nobody says otherwise; other tools of the field use 3 to 5. */
export const DEFAULT_CONCURRENCY = 4;

/**
 * Runs a call for each item, some at once, and gives the results in the order of the items. The first failure stops
 * the others through their signal and is thrown once they have ended.
 *
 * @throws what a call throws; the signal's reason when the whole is aborted
 */
export async function mapLimited<Item, Result>(
  items: Iterable<Item>,
  call: (
    item: Item,
    options: OperationOptions & { readonly signal: AbortSignal },
  ) => Promise<Result>,
  options: OperationOptions = {},
): Promise<Result[]> {
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const limit = pLimit({
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    rejectOnClear: true,
  });
  const calls = [...items].map(async (item) =>
    limit(async () => {
      signal.throwIfAborted();
      return call(item, { ...options, signal });
    }),
  );
  try {
    return await Promise.all(calls);
  } catch (error) {
    stop.abort(error);
    limit.clearQueue();
    await Promise.allSettled(calls);
    options.signal?.throwIfAborted();
    throw error;
  }
}
