import { orAbort } from './abortable.ts';

export interface MapInOrderOptions<In, Out> {
  /** Called for each item in order, at most `concurrency` at once. */
  readonly run: (item: In) => Promise<Out>;
  /** Calls in flight at once, at least 1. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Maps items several at a time; results come out in the order of the items. The next item is read while the calls
 * run, and no further: at most `concurrency` + 1 items exist at any moment. The first failure stops everything; calls
 * that still run then are left to themselves.
 */
export async function* mapInOrder<In, Out>(
  items: AsyncIterable<In>,
  { run, concurrency, signal }: MapInOrderOptions<In, Out>,
): AsyncGenerator<Out, void> {
  const running: Promise<Out>[] = [];
  const start = (item: In): void => {
    const result = run(item);
    result.catch(() => undefined); // seen when its turn comes, or not at all after a failure before it
    running.push(result);
  };
  for await (const item of items) {
    const [head] = running.length < concurrency ? [] : running.splice(0, 1);
    if (head === undefined) {
      start(item);
      continue;
    }
    const result = await orAbort(head, signal);
    start(item); // before the result goes out, so that the pool stays busy while the consumer works
    yield result;
  }
  for (const head of running) yield await orAbort(head, signal);
}
