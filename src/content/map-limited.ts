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
  const all = [...items];
  options.signal?.throwIfAborted();
  if (all.length === 0) return [];
  const stop = new AbortController();
  // In place of AbortSignal.any, whose signals outlive the call until the garbage collector looks for them: graphs of
  // images are read with hundreds of thousands of calls.
  const relay = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', relay);
  const limit = pLimit({
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    rejectOnClear: true,
  });
  const calls = all.map(async (item) =>
    limit(async () => {
      stop.signal.throwIfAborted();
      return call(item, { ...options, signal: stop.signal });
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
  } finally {
    options.signal?.removeEventListener('abort', relay);
  }
}
