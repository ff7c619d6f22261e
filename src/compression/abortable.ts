/** Why a wait ends that nobody is waiting for. One for all: an abort without a reason makes an error of its own. */
export const CLOSED: Error = new Error('the stream is closed');

/**
 * A promise that also rejects, with the signal's reason, as soon as the signal aborts. Unlike a `Promise.race` with one
 * long-lived promise it leaves nothing behind on the signal.
 */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      // The reason of an abort is the caller's own value and is passed on as it is.
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    void promise.then(resolve, reject).then(settled);
  });
}

/**
 * Passes a source through until the signal aborts, then throws its reason at once, even while the source keeps us
 * waiting. The source is closed when the consumer stops early; nobody waits for that where it still owes a chunk.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]();
  let state: 'idle' | 'pending' | 'ended' = 'idle';
  const advance = async (): Promise<IteratorResult<T>> => {
    state = 'pending';
    try {
      const result = await iterator.next();
      state = result.done === true ? 'ended' : 'idle';
      return result;
    } catch (error) {
      state = 'ended';
      throw error;
    }
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await orAbort(advance(), signal);
      if (done === true) return;
      yield value;
    }
  } finally {
    await closeSource(iterator, state);
  }
}

async function closeSource(
  iterator: AsyncIterator<unknown>,
  state: 'idle' | 'pending' | 'ended',
): Promise<void> {
  const closing = state === 'ended' ? undefined : close(iterator);
  if (state === 'idle') await closing;
}

async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The consumer has stopped reading: how the source fails to close changes nothing for it.
  }
}
