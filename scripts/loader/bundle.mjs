// Bundles the whole command line into one CommonJS file without any file beside it: what the main script of a Node 24 single
// executable application has to be.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Modules that read files of the package at run time: here they hold what they would read. By path in src. */
const EMBEDDED = {
  'version.ts': async () => `export const VERSION = ${JSON.stringify(await version())};`,
  'spec/bundles-schema.ts': async () =>
    `export function bundlesSchemaText() { return ${JSON.stringify(await text('bundles.schema.json'))}; }`,
  'archive/load-script.ts': async () =>
    `export function loadScript() { return Buffer.from(${JSON.stringify(await text('src/archive/load.sh'))}); }`,
  // The executables for other platforms are looked for beside this one.
  'archive/loader-file.ts': () =>
    `import { dirname, join } from 'node:path';
    export function loaderFile(platform: string) { return join(dirname(process.execPath), 'airkit-' + platform); }`,
  'compression/native-zstd.ts': () => `export * from '${ROOT}scripts/loader/native-zstd.mjs';`,
  'spec/schema-check.generated.ts': async () =>
    replaceOnce(
      await text('src/spec/schema-check.generated.ts'),
      'createRequire(import.meta.url)',
      'require',
    ),
};

/** @returns {Promise<string>} the bundle */
export async function bundle() {
  const { outputFiles } = await build({
    stdin: { contents: await mainScript(), resolveDir: `${ROOT}src/cli`, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    keepNames: true,
    external: ['*.node', 'cpu-features'],
    logOverride: { 'empty-import-meta': 'error' },
    plugins: [{ name: 'embed', setup: embed }],
    legalComments: 'eof',
  });
  return outputFiles[0]?.text ?? '';
}

function embed({ onLoad }) {
  onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
    const contents = await EMBEDDED[path.slice(`${ROOT}src/`.length)]?.();
    return contents === undefined
      ? undefined
      : { contents, loader: 'ts', resolveDir: dirname(path) };
  });
}

/** As src/cli/main.ts, with the version in it. */
async function mainScript() {
  return `const version = ${JSON.stringify(await version())};
const [only, ...more] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && more.length === 0) {
  process.stdout.write(version + '\\n');
} else {
  void start();
}
async function start() {
  const { collectLessOften } = await import('./garbage.ts');
  collectLessOften();
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv, version);
}`;
}

async function version() {
  return JSON.parse(await text('package.json')).version;
}

async function text(path) {
  return readFile(ROOT + path, 'utf8');
}

function replaceOnce(source, from, to) {
  const [before, after, ...more] = source.split(from);
  if (after === undefined || more.length > 0) throw new Error(`${from} is not there once`);
  return before + to + after;
}
