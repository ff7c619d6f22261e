// Bundles the command line into dist/cli: main.js, and chunks of which a command imports only those with code that it runs. Node
// needs about a millisecond for each module that it loads, and `index.ts` reaches hundreds. Packages stay packages, since what
// npm installs and audits should be what runs; of one, files are bundled (cli/docker-client.mjs).
import { chmod, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { dockerClient } from './cli/docker-client.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = `${ROOT}dist/cli`;
const { dependencies, optionalDependencies } = JSON.parse(
  await readFile(`${ROOT}package.json`, 'utf8'),
);
const packages = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
  (name) => name !== 'dockerode',
);

await build({
  cwd: ROOT,
  input: { main: 'src/cli/main.ts', program: 'src/cli/program.ts' },
  platform: 'node',
  external: packages,
  plugins: [dockerClient()],
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
