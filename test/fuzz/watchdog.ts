/** Ends the process when one input takes for ever: a parser that never returns cannot be stopped from its own thread. */
import { Worker } from 'node:worker_threads';
import type { Model } from './model.ts';

export interface Watchdog {
  stop(): void;
}

/** The thread looks whether the count of inputs still grows; it stands beside the number of the model that runs. */
const WATCHING = `
const { workerData: { names, shared } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const state = new Int32Array(shared);
let seen = -1;
setInterval(() => {
  const count = Atomics.load(state, 0);
  if (count !== seen) { seen = count; return; }
  writeSync(2, 'one input hangs: ' + names[Atomics.load(state, 1)] + ', input ' + count + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 60_000);
`;

export function startWatchdog(models: readonly Model[]): Watchdog {
  const shared = new SharedArrayBuffer(8);
  const state = new Int32Array(shared);
  for (const [position, model] of models.entries()) {
    model.onInput = () => {
      Atomics.store(state, 1, position);
      Atomics.add(state, 0, 1);
    };
  }
  const names = models.map(({ name }) => name);
  const worker = new Worker(WATCHING, { eval: true, workerData: { names, shared } });
  worker.unref();
  return { stop: () => void worker.terminate() };
}
