import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { unlessAborted } from '../../../src/transports/docker/engine-call.ts';

test('a call that nobody waits for any more may fail', async () => {
  const reason = new Error('stopped');
  const failing = setImmediate().then(() => Promise.reject(new Error('the line is closed')));
  await expect(unlessAborted(failing, AbortSignal.abort(reason))).rejects.toBe(reason);
  await setImmediate(); // An unhandled rejection would end the process now.
  await setImmediate();
});
