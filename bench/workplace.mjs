// One run's folder, key and engines, all gone when it ends.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundles } from './bundles.mjs';
import { cacheOf, openImages } from './images.mjs';
import { openRegistry } from './inputs.mjs';
import { runAirkit } from './measuring.mjs';
import { unmountBelow } from './support.mjs';

/** @typedef {Awaited<ReturnType<typeof openWorkplace>>} Workplace */

/**
 * @param {{ set: import('./image-sets.mjs').ImageSet, rounds: number, quick: boolean }} options
 */
export async function openWorkplace({ set, rounds, quick }) {
  await mkdir(cacheOf(set), { recursive: true });
  const folder = await mkdtemp(join(cacheOf(set), 'run-'));
  const started = [];
  const place = { set, rounds, quick, folder, log: join(folder, 'log'), running: undefined };
  place.environment = environmentOf(folder);
  // Root's receipts would go where the machine's own are.
  place.receipt = ['--receipt', join(folder, 'receipt.json')];
  place.keep = (engine) => {
    started.push(engine);
    return engine;
  };
  place.images = memo(async () => place.keep(await openImages(set)));
  place.registry = memo(async () => place.keep(await openRegistry(set, await place.images())));
  place.key = memo(() => makeKey(place));
  place.kit = memo((layers) => packKit(place, layers));
  place.close = memo(async () => {
    if (place.running !== undefined) process.kill(-place.running, 'SIGKILL');
    for (const engine of started.toReversed()) await engine.stop();
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true });
  });
  return place;
}

/** Away from the person's own configuration, cache, keys and receipts. */
function environmentOf(folder) {
  return {
    AIRKIT_KEY_PASSWORD: 'for this run only',
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
}

async function makeKey(place) {
  const prefix = join(place.folder, 'key');
  await runAirkit(place, ['keygen', '-o', prefix]);
  return { sign: ['--key', `${prefix}.key`], trust: ['--trust', `${prefix}.pub`] };
}

/** A signed kit of all images of the set, straight from their engine. */
async function packKit(place, layers) {
  const { host } = await place.images();
  const { include } = place.set;
  const file = join(place.folder, `${layers}.yaml`);
  const kit = join(place.folder, `kit-${layers}`);
  await writeBundles(file, { images: [{ include }], layers });
  const { sign } = await place.key();
  await runAirkit(place, ['pack', file, '-o', kit, ...sign], { DOCKER_HOST: host });
  return kit;
}

/** Does the work once for each argument. */
function memo(work) {
  const known = new Map();
  return (argument) => {
    if (!known.has(argument)) known.set(argument, work(argument));
    return known.get(argument);
  };
}
