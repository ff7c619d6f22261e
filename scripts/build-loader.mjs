// Makes the whole command line one executable for machines without Node: `npm run build:loader [-- linux-x64 linux-arm64]` writes
// loader/airkit-linux-x64 and so on. It is a single executable application (nodejs.org/api/single-executable-applications.html):
// a bundle put into Node's own binary, which the npm registry delivers. Cross-building works, since the blob holds no machine code.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from './loader/bundle.mjs';
import { loaderSbomText } from './write-sbom.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Node 25 and later need libatomic, which minimal systems lack. Blob and binary must be of one version. */
const NODE_VERSION = '24.21.0';
/** sha512 of the packages `node-PLATFORM`, as the registry states them. */
const INTEGRITY = {
  'linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};
/** Marks the place of the blob's flag in Node's binary. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const MAX_BYTES = 120 * 1000 * 1000;

const exec = promisify(execFile);

await buildLoaders(process.argv.slice(2));

async function buildLoaders(args) {
  const platforms = args.length === 0 ? Object.keys(INTEGRITY) : args;
  const unknown = platforms.find((platform) => !(platform in INTEGRITY));
  if (unknown !== undefined)
    throw new Error(`${unknown}: choose of ${Object.keys(INTEGRITY).join(', ')}`);
  const work = await mkdtemp(join(tmpdir(), 'airkit-loader-'));
  try {
    await mkdir(join(ROOT, 'loader'), { recursive: true });
    const blob = await makeBlob(work);
    for (const platform of platforms) await buildLoader(platform, { work, blob });
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Only a Node of the same version can write it. @returns its path */
async function makeBlob(work) {
  const node = await fetchNode(`linux-${process.arch}`, work);
  const [main, output, config] = ['main.cjs', 'blob', 'sea.json'].map((name) => join(work, name));
  await writeFile(main, await bundle());
  const settings = { main, output, disableExperimentalSEAWarning: true, useCodeCache: false };
  await writeFile(config, JSON.stringify(settings));
  await exec(node, ['--experimental-sea-config', config], { env: {} });
  return output;
}

async function buildLoader(platform, { work, blob }) {
  const target = join(work, platform);
  await copyFile(await fetchNode(platform, work), target);
  await chmod(target, 0o755);
  await strip(target);
  const inject = [target, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE];
  await exec(process.execPath, [join(ROOT, 'node_modules/postject/dist/cli.js'), ...inject]);
  const { size } = await stat(target);
  if (size > MAX_BYTES) throw new Error(`${platform}: ${size} bytes are too many`);
  const path = join(ROOT, 'loader', `airkit-${platform}`);
  await copyFile(target, path);
  const node = { platform, version: NODE_VERSION, integrity: INTEGRITY[platform] };
  await writeFile(join(ROOT, 'loader', `sbom-${platform}.cdx.json`), loaderSbomText(node));
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB`);
}

/** Before the blob comes in: afterwards it would be cut off. GNU strip knows its own machine's binaries only. */
async function strip(path) {
  await exec('llvm-strip', ['--strip-all', path]).catch(async () =>
    exec('strip', ['--strip-all', path]),
  );
}

/** Gets Node for a platform as an npm package, checked. @returns the path of its binary */
async function fetchNode(platform, work) {
  const folder = join(work, `node-${platform}`);
  const binary = join(folder, 'package', 'bin', 'node');
  if (await exists(binary)) return binary;
  await mkdir(folder);
  const pack = ['pack', '--json', '--pack-destination', folder, `node-${platform}@${NODE_VERSION}`];
  const [{ filename, integrity }] = JSON.parse((await exec('npm', pack)).stdout);
  if (integrity !== INTEGRITY[platform])
    throw new Error(`node-${platform}: not the package that was asked for`);
  await exec('tar', ['-xzf', join(folder, filename), '-C', folder]);
  return binary;
}

async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}
