#!/usr/bin/env node
import module from 'node:module';

const manifest: { version: string } = module.createRequire(import.meta.url)('../../package.json');
const [only, ...more] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && more.length === 0) {
  process.stdout.write(`${manifest.version}\n`);
} else {
  enableCompileCache();
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv, manifest.version);
}

/** Node 22.1 and later keep compiled code between runs. */
function enableCompileCache(): void {
  const enable: unknown = Reflect.get(module, 'enableCompileCache');
  if (typeof enable === 'function') enable();
}
