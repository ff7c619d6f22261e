/** Room in the stores of engines is told before anything is sent. */
import { expect, test } from 'vitest';
import type { ImageTarget, SpaceNeed } from '../../src/content/image.ts';
import { openContainerdTarget } from '../../src/transports/containerd/target.ts';
import { openPodmanTarget } from '../../src/transports/podman/target.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startPodman } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, manifestRoot } from '../support/image-builder.ts';
import { targetImage } from '../support/target-image.ts';

const NAME = 'registry.example/room/app:1';
const LAYERS = [1, 2];
/** Uncompressed, of each layer. */
const SIZE = 1_000_000;

async function image() {
  const one = await targetImage(NAME, manifestRoot(await buildImage({ layers: LAYERS })));
  const diffIds = one.graph.manifests.flatMap(({ layers }) => layers.map(({ diffId }) => diffId));
  const known = diffIds.filter((diffId) => diffId !== undefined);
  return { ...one, uncompressedSizes: new Map(known.map((diffId) => [diffId, SIZE])) };
}

async function needs(target: ImageTarget): Promise<readonly SpaceNeed[] | undefined> {
  return target.preflight?.([await image()]);
}

describeWithEngines(['podman'], 'podman', () => {
  const engine = useEngine(() => startPodman());

  test('needs room for unpacked layers in its own folder, until they are there', async () => {
    await using target = await openPodmanTarget({ CONTAINER_HOST: engine().host });
    const path = `${engine().folder}/root`;
    expect(await needs(target)).toMatchObject([{ path, bytes: LAYERS.length * SIZE * 0.9 }]);
    await target.load([await image()]);
    expect(await needs(target)).toMatchObject([{ path, bytes: 0 }]);
  });
});

for (const isNewer of [false, true]) {
  const name = isNewer ? 'newer-containerd' : 'containerd';
  describeWithEngines([name], name, () => {
    const node = useEngine(() => startContainerd({ isNewer }));

    test('needs room for blobs in its content store, once it is certain where that is', async () => {
      const environment = { ...process.env, ...node().environment };
      await using target = await openContainerdTarget({ namespace: 'k8s.io', environment });
      expect(await needs(target)).toEqual([]); // It has no blob by which its folder could be known.
      const other = await buildImage({ layers: [3] });
      await target.load([await targetImage('registry.example/room/other:1', manifestRoot(other))]);
      const { graph, root } = await image();
      const [{ config, layers } = { config: root, layers: [] }] = graph.manifests;
      const blobs = [root, config, ...layers.map(({ descriptor }) => descriptor)];
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      const path = `${node().folder}/root/io.containerd.content.v1.content`;
      expect(await needs(target)).toEqual([{ path, bytes }]);
    });
  });
}
