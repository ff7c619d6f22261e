/** Binds an engine's life to the tests of one `describe`. */
import { afterAll, beforeAll } from 'vitest';

/** Starts an engine before the tests and stops it after them; the result gives the running engine. */
export function useEngine<T extends { stop(): Promise<void> }>(start: () => Promise<T>): () => T {
  let running: T | undefined;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running?.stop());
  return () => {
    if (running === undefined) throw new Error('the engine is not running');
    return running;
  };
}
