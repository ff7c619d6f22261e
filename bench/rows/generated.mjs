// Many repositories, many images: generated, since no machine has them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBundles } from '../bundles.mjs';
import { openLayout, storeSmallLayer } from '../layout.mjs';
import { line, measure, runAirkit } from '../measuring.mjs';
import { freePort, isListening, startDaemon } from '../support.mjs';

const REGISTRY = fileURLToPath(new URL('../catalog-registry.mjs', import.meta.url));
const LAYERS = 4;

/** The pattern is about tags, so those of every repository have to be listed. */
async function planRegistry(place) {
  const port = await freePort();
  const args = [REGISTRY, String(port), place.quick ? '100' : '1000'];
  const command = { file: process.execPath, args };
  const ready = () => isListening(port);
  const registry = place.keep(
    await startDaemon({ name: 'catalog', folder: place.folder, command, ready }),
  );
  const images = [{ from: `registry://127.0.0.1:${port}`, include: ['*k8s*'] }];
  const file = await writeBundles(join(place.folder, 'catalog.yaml'), { images });
  const cache = join(place.folder, 'catalog-cache');
  const times = await measure(place, [
    {
      name: 'plan',
      airkit: ['plan', file],
      env: { XDG_CACHE_HOME: cache },
      prepare: line('rm', '-rf', cache),
    },
  ]);
  await registry.stop();
  return { 'plan-registry': times.plan };
}

/** Every image has a manifest, a config and four layers of its own. */
async function largeKit(place) {
  const { sign, trust } = await place.key();
  const layout = await writeImages(join(place.folder, 'many'), place.quick ? 200 : 10_000);
  const images = [{ from: `oci:${layout}`, include: ['*'] }];
  const file = await writeBundles(join(place.folder, 'many.yaml'), { images });
  const kit = join(place.folder, 'many-kit');
  await runAirkit(place, ['pack', file, '-o', kit, ...sign]);
  const times = await measure(place, [
    { name: 'plan', airkit: ['plan', file] },
    { name: 'verify', airkit: ['verify', kit, '--quick', ...trust] },
    { name: 'inspect', airkit: ['inspect', kit, ...trust] },
  ]);
  return { 'large-plan': times.plan, 'large-verify': times.verify, 'large-inspect': times.inspect };
}

async function writeImages(folder, count) {
  const layout = await openLayout(folder);
  for (let index = 0; index < count; index += 1) {
    const texts = Array.from(
      { length: LAYERS },
      (_, layer) => `layer ${layer} of image ${index}\n`,
    );
    const layers = await Promise.all(texts.map((text) => storeSmallLayer(folder, text)));
    await layout.addImage(
      `registry.example.com/team-${index % 100}/service-${index}:v1.0.0`,
      layers,
    );
  }
  await layout.finish();
  return folder;
}

export const generated = [
  { rows: ['plan-registry'], run: planRegistry },
  { rows: ['large-plan', 'large-verify', 'large-inspect'], run: largeKit },
];
