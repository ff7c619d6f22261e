// Whether memory grows with the kit: 2 GB and 20 GB of layers that nothing makes smaller. Needs 45 GB of free disk.
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundles } from '../bundles.mjs';
import { openLayout, storeNoiseLayer } from '../layout.mjs';
import { runAirkit } from '../measuring.mjs';

const GB = 1_000_000_000;
const LAYER = GB;
const NEEDED = 45 * GB;

async function peaks(place) {
  const { bavail, bsize } = await statfs(place.folder);
  if (bavail * bsize < NEEDED)
    throw new Error('these rows need 45 GB of free disk; --skip memory leaves them out');
  const [small, large] = [await peaksOf(place, 2), await peaksOf(place, 20)];
  const figures = (command) => ({ mebibytes: large[command], peerMebibytes: small[command] });
  return {
    'memory-pack': figures('pack'),
    'memory-verify': figures('verify'),
    'memory-load': figures('load'),
  };
}

/** The kit is loaded into an OCI layout: no engine's speed or memory plays a part. */
async function peaksOf(place, gigabytes) {
  const at = (name) => join(place.folder, `memory-${name}`);
  const { sign, trust } = await place.key();
  const layout = await openLayout(at('layout'));
  const layers = [];
  for (let made = 0; made < gigabytes; made += LAYER / GB)
    layers.push(await storeNoiseLayer(layout.folder, made, LAYER));
  await layout.addImage('registry.example.com/models:v1', layers);
  await layout.finish();
  const images = [{ from: `oci:${at('layout')}`, include: ['*'] }];
  const file = await writeBundles(at('bundles.yaml'), { images, layers: 'none' });
  const env = { XDG_CACHE_HOME: at('cache') };
  const pack = await runAirkit(place, ['pack', file, '-o', at('kit'), ...sign], env);
  for (const name of ['layout', 'cache']) await rm(at(name), { recursive: true, force: true });
  const verify = await runAirkit(place, ['verify', at('kit'), ...trust], env);
  const load = await runAirkit(
    place,
    ['load', at('kit'), ...trust, '--to', `oci:${at('loaded')}`, ...place.receipt],
    env,
  );
  for (const name of ['kit', 'loaded', 'cache'])
    await rm(at(name), { recursive: true, force: true });
  return { pack: pack.mebibytes, verify: verify.mebibytes, load: load.mebibytes };
}

/** Not with --quick. */
export const memory = [
  { rows: ['memory-pack', 'memory-verify', 'memory-load'], run: peaks, long: true },
];
