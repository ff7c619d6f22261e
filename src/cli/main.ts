#!/usr/bin/env node
import { createRequire } from 'node:module';

const manifest: { version: string } = createRequire(import.meta.url)('../../package.json');
const [only, ...more] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && more.length === 0) {
  process.stdout.write(`${manifest.version}\n`);
} else {
  const { collectLessOften } = await import('./garbage.ts');
  collectLessOften();
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv, manifest.version);
  // All is said and done then: what is left would be to give back the memory, piece by piece.
  process.once('beforeExit', () => process.exit());
}
