// The cached engine that holds the images of a set: built once, only started afterwards.
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages } from './image-builder.mjs';
import { buildBusyboxImages, run, startDocker, succeed } from './support.mjs';

const CACHE = process.env['AIRKIT_BENCH_CACHE'] ?? '/var/cache/airkit-bench';

/** Where everything of a set is kept from run to run. */
export function cacheOf(set) {
  return join(CACHE, set.folder);
}

/**
 * A Docker (classic store) with exactly the images of the set, and whatever those are built on. Nobody changes what it
 * holds. One that runs already on that folder is used, and left running.
 */
export async function openImages(set) {
  const folder = join(cacheOf(set), 'docker');
  const running = await attach(folder);
  if (running !== undefined) return running;
  await mkdir(folder, { recursive: true });
  const engine = await startDocker({ folder });
  try {
    await complete(engine, set);
    return engine;
  } catch (cause) {
    await engine.stop();
    throw cause;
  }
}

async function attach(folder) {
  const host = `unix://${folder}/docker.sock`;
  const command = (...args) => ({ file: 'docker', args: ['--host', host, ...args] });
  const docker = (...args) => run(command(...args));
  if ((await docker('info')).code !== 0) return undefined;
  return { host, folder, command, docker, stop: () => Promise.resolve() };
}

async function complete(engine, set) {
  const mark = join(engine.folder, 'complete');
  if (await exists(mark)) return;
  await (set.recipes === undefined ? buildSmall(engine, set) : buildImages(engine, set.recipes));
  await writeFile(mark, `${set.names.join('\n')}\n`);
}

/** The images of the engine tests, and the next release of one. */
async function buildSmall(engine, { changed }) {
  await buildBusyboxImages(engine);
  const dockerfile = `FROM ${changed.before}\nLABEL next=yes\nCOPY release /release\n`;
  const context = join(engine.folder, 'context');
  await rm(context, { recursive: true, force: true });
  await mkdir(context);
  await writeFile(join(context, 'release'), changed.name);
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const command = engine.command('build', '--quiet', '--tag', changed.name, context);
  await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
}

/**
 * A file made once: `write` gets the path to fill, which becomes `name` when it is whole.
 *
 * @param {string} folder
 * @param {string} name
 * @param {(path: string) => Promise<unknown>} write
 */
export async function cachedFile(folder, name, write) {
  const path = join(folder, name);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  await write(`${path}.partial`);
  await rename(`${path}.partial`, path);
  return path;
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
