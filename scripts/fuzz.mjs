// Tries every parser, verify and load with inputs near to good ones: `npm run fuzz [-- --cases N --seed S]`. The models are in
// test/fuzz; the quick tests try fewer cases of the same. Exits 1 when something was found.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const cases = Number(values.cases);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed))
  throw new Error('--cases and --seed take whole numbers');

// Not bundled: sources find workers and files beside themselves.
const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  oxc: { target: 'node20' },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
try {
  const { fuzz } = await server.ssrLoadModule('/test/fuzz/main.ts');
  process.exitCode = (await fuzz({ cases, seed })) ? 0 : 1;
} finally {
  await server.close();
}
