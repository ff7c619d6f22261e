import { describe, expect, test } from 'vitest';
import type { HeldContent } from '../../../src/content/held-content.ts';
import { missingContent } from '../../../src/inventory/missing-content.ts';
import { chainIds } from '../../../src/oci/image-config.ts';
import { buildImage, indexRoot, manifestRoot } from '../../support/image-builder.ts';
import { targetImage } from '../../support/target-image.ts';

const nothing: HeldContent = {
  images: [],
  diffIds: new Set(),
  chainIds: new Set(),
  blobs: new Set(),
};
const amd64 = { os: 'linux', architecture: 'amd64' };

async function graphOfOne() {
  const built = await buildImage({ layers: [1, 2] });
  return { built, graph: (await targetImage('a:1', manifestRoot(built))).graph };
}

describe('what would have to travel', () => {
  test('leaves out layers whose stack is there, unless they are needed as they are stored', async () => {
    const { built, graph } = await graphOfOne();
    const [manifest] = graph.manifests;
    const layers = manifest?.layers.map(({ descriptor }) => descriptor.size) ?? [];
    const held = { ...nothing, chainIds: new Set(chainIds(built.diffIds)) };
    const unpacked = missingContent([graph], held);
    expect(unpacked.blobs).toBe(2);
    expect(missingContent([graph], { ...held, needsBlobs: true })).toEqual({
      blobs: 4,
      bytes: unpacked.bytes + layers.reduce((sum, size) => sum + size, 0),
    });
  });

  test('is one platform of an index for an engine, with the documents of all where they are needed', async () => {
    const images = [
      await buildImage({ layers: [1, 2] }),
      await buildImage({ layers: [1, 3], architecture: 'arm64' }),
    ];
    const { graph } = await targetImage('a:1', indexRoot('a:1', images));
    const own = graph.manifests.filter(({ platform }) => platform.architecture === 'amd64');
    const engine = missingContent([graph], { ...nothing, platform: amd64 });
    const store = missingContent([graph], { ...nothing, platform: amd64, needsBlobs: true });
    const layers = own.flatMap((one) => one.layers).length;
    expect(engine.blobs).toBe(1 + 2 + layers);
    const documents = graph.manifests.flatMap((one) => [one.descriptor, one.config]);
    const attested = graph.manifests.filter(({ attests }) => attests === own[0]?.descriptor.digest);
    const taken = [...own, ...attested].flatMap((one) =>
      one.layers.map((layer) => layer.descriptor),
    );
    const wanted = [graph.root, ...documents, ...taken].map(({ digest }) => digest);
    expect(store.blobs).toBe(new Set(wanted).size);
    expect(missingContent([graph], { ...nothing, needsBlobs: true }).blobs).toBeGreaterThan(
      store.blobs,
    );
  });
});
