/** Mirrors whose blobs are not what they should be. */
import { expect, test } from 'vitest';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import type { RegistrySwitches } from '../../support/test-registry.ts';
import { filled, open, paths } from './filled-registry.ts';
import { collect, failureOf } from './registry-world.ts';

test.each<[string, RegistrySwitches, code?: string]>([
  ['other bytes', { wrongDigest: 'blobs' }, 'DIGEST_MISMATCH'],
  ['too few bytes', { cut: { count: 999, after: 50, kind: 'short' } }],
  ['bytes that break off', { cut: { count: 999, after: 50, kind: 'reset' } }],
])('a mirror with %s is passed over, blob by blob', async (_, switches, code) => {
  const registry = await filled();
  const mirror = await filled(switches);
  const settings = { [registry.host]: { mirrors: [mirror.host], plainHttp: false } };
  await using source = await open(registry, ['acme/tools:2'], { settings });
  const { images } = await source.list();
  const [image] = await source.resolve(images);
  const { manifests } = await readImageGraph(image!.root, image!.content);
  const layer = manifests[0]!.layers[0]!.descriptor;
  const fetched = async (): Promise<number> =>
    (await collect(image!.content.fetch(layer))).byteLength;
  if (code !== undefined) {
    // What has streamed cannot be taken back: who fetches it again gets it from elsewhere.
    const error = { code, context: { passedOver: mirror.host } };
    expect(await failureOf(fetched())).toMatchObject(error);
  }
  expect(await fetched()).toBe(layer.size);
  expect(paths(registry)).toContain(`GET /v2/acme/tools/blobs/${layer.digest}`);
  expect(paths(mirror)).toContain(`GET /v2/acme/tools/blobs/${layer.digest}`);
});
