/** Ends the process when one input takes for ever: a parser that never returns cannot be stopped from its own thread. */
import { Worker } from 'node:worker_threads';
import type { Model } from './model.ts';

export interface Watchdog {
  /** From now on this model runs, and a first input has a minute. */
  watch(model: Model): void;
  stop(): void;
}

/** The thread looks whether the count of inputs still grows. */
const WATCHING = `
const { workerData, parentPort } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const count = new Int32Array(workerData);
let name = '', seen = -1;
parentPort.on('message', (text) => { name = text; seen = -1; });
setInterval(() => {
  const now = Atomics.load(count, 0);
  if (now !== seen) { seen = now; return; }
  writeSync(2, 'one input hangs: ' + name + ', input ' + now + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 60_000);
`;

export function startWatchdog(): Watchdog {
  const shared = new SharedArrayBuffer(4);
  const worker = new Worker(WATCHING, { eval: true, workerData: shared });
  worker.unref();
  return {
    watch: (model) => {
      model.onInput = () => Atomics.add(new Int32Array(shared), 0, 1);
      worker.postMessage(model.name);
    },
    stop: () => void worker.terminate(),
  };
}
