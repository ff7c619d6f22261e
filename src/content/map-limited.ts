import type { OperationOptions } from './operation.ts';

/** Requests or blobs in flight at once, where nobody says otherwise; other tools of the field use 3 to 5. */
export const DEFAULT_CONCURRENCY = 4;

type Call<Item, Result> = (
  item: Item,
  options: OperationOptions & { readonly signal: AbortSignal },
) => Promise<Result>;

/**
 * Runs a call for each item, some at once, and gives the results in the order of the items. The first failure stops
 * the others through their signal and is thrown once they have ended.
 *
 * @throws what a call throws; the signal's reason when the whole is aborted
 */
export async function mapLimited<Item, Result>(
  items: Iterable<Item>,
  call: Call<Item, Result>,
  options: OperationOptions = {},
): Promise<Result[]> {
  const all = [...items];
  options.signal?.throwIfAborted();
  if (all.length === 0) return [];
  const [first] = all;
  if (all.length === 1 && first !== undefined) return [await alone(first, call, options)];
  const stop = new AbortController();
  // In place of AbortSignal.any, whose signals outlive the call until the garbage collector looks for them: graphs of
  // images are read with hundreds of thousands of calls.
  const relay = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', relay);
  const { signal } = stop;
  const results: Result[] = [];
  const waiting = all.entries(); // which all workers take from
  const work = async (): Promise<void> => {
    for (const [position, item] of waiting) {
      signal.throwIfAborted();
      results[position] = await call(item, { ...options, signal });
    }
  };
  const concurrency = Math.min(all.length, options.concurrency ?? DEFAULT_CONCURRENCY);
  const workers = Array.from({ length: concurrency }, work);
  try {
    await Promise.all(workers);
    return results;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', relay);
  }
}

/** With no others to stop, it needs no signal of its own: each image's documents are read so. */
async function alone<Item, Result>(
  item: Item,
  call: Call<Item, Result>,
  options: OperationOptions,
): Promise<Result> {
  const signal = options.signal ?? new AbortController().signal;
  try {
    return await call(item, { ...options, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
