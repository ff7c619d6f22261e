import { expect, test } from 'vitest';
import { findCachedLayers } from '../../../src/image-archive/cached-layers.ts';
import { ingestDockerExport } from '../../../src/image-archive/ingest-docker-export.ts';
import { ingestLayer, type IngestTarget } from '../../../src/image-archive/ingest-layer.ts';
import { digestOf, hexOf } from '../../../src/oci/digest.ts';
import { jsonBytes, makeNoise, tarOf } from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { streamOf } from '../content/memory-content.ts';
import { counting, freshTarget } from './archive-sources.ts';

const folder = useTempFolder();

/** Layers that are too large for a document; both have the same size. */
const [known, other] = [1, 2].map((seed) => makeNoise(5 * 2 ** 20, seed));
if (known === undefined || other === undefined) throw new Error('no layers');

/** What Docker 20.10 exports of an image with one layer, and what the cache then gets. */
async function exported(layer: Buffer, target: IngestTarget, path: string = 'ab12/layer.tar') {
  const config = jsonBytes({ rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } });
  const name = `${digestOf(config).slice('sha256:'.length)}.json`;
  const tar = await tarOf([
    { name, body: config },
    { name: path, body: layer },
    { name: 'manifest.json', body: jsonBytes([{ Config: name, RepoTags: null, Layers: [path] }]) },
  ]);
  const cache = counting(target.cache);
  const cachedLayers = await findCachedLayers([digestOf(known ?? ''), digestOf(layer)], target);
  const ingest = async (layers?: typeof cachedLayers): Promise<boolean> =>
    ingestDockerExport({
      bytes: streamOf(tar),
      path: 'export',
      target: { ...target, cache },
      cachedLayers: layers,
    });
  return { isWhole: await ingest(cachedLayers), cache, again: async () => ingest() };
}

test('a layer that the cache holds is not encoded again, whatever its name', async () => {
  const target = await freshTarget(folder);
  await ingestLayer(streamOf(known), target);
  const { isWhole, cache } = await exported(known, target);
  expect(isWhole).toBe(true);
  expect(cache.stored()).toBe(1); // the config
});

test('a layer of the size of a cached one is asked for once more, and then stored', async () => {
  const target = await freshTarget(folder);
  await ingestLayer(streamOf(known), target);
  const { isWhole, cache, again } = await exported(other, target);
  expect(isWhole).toBe(false);
  expect(cache.stored()).toBe(1); // the config
  expect(await again()).toBe(true);
  expect(await target.cache.findLayer(digestOf(other), target.encoder.id)).toBeDefined();
});

test('a layer that is named by its digest is stored at once, whatever has its size', async () => {
  const target = await freshTarget(folder);
  await ingestLayer(streamOf(known), target);
  const path = `blobs/sha256/${hexOf(digestOf(other))}`;
  const { isWhole } = await exported(other, target, path);
  expect(isWhole).toBe(true);
  expect(await target.cache.findLayer(digestOf(other), target.encoder.id)).toBeDefined();
});
