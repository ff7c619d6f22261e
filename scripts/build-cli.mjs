// Bundles the command line into dist/cli: main.js, and chunks of which a command imports only those with code that it runs. Node
// needs about a millisecond for each module that it loads, and `index.ts` reaches hundreds. Packages stay packages: what
// npm installs and audits is what runs.
import { chmod, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = `${ROOT}dist/cli`;
const { dependencies, optionalDependencies } = JSON.parse(
  await readFile(`${ROOT}package.json`, 'utf8'),
);

await build({
  cwd: ROOT,
  input: { main: 'src/cli/main.ts', program: 'src/cli/program.ts' },
  platform: 'node',
  external: Object.keys({ ...dependencies, ...optionalDependencies }),
  transform: { target: 'node20.19' },
  treeshake: { moduleSideEffects: false },
  output: {
    dir: OUTPUT,
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
  },
});
await chmod(`${OUTPUT}/main.js`, 0o755);
