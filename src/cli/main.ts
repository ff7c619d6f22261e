#!/usr/bin/env node
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';

const manifest: { version: string } = createRequire(import.meta.url)('../../package.json');
const [only, ...more] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && more.length === 0) {
  process.stdout.write(`${manifest.version}\n`);
} else {
  collectLessOften();
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv, manifest.version);
}

/**
 * V8 counts buffers that pass through as growth of its small heap, and would mark all of it after every 10 MB or so: a
 * third of the processor time of a pack. Where a version of V8 does not know the flag, it is left alone.
 */
function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
