/** A disk that has room for one kit only: an interrupted pack goes on all the same. */
import { mkdir, readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { manifestRoot, type BuiltRoot } from '../support/image-builder.ts';
import { buildImage, makeNoise, tarOf } from '../support/image-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import { downloads, layersOf, loseBlob } from '../support/test-registry-images.ts';

const MEBIBYTE = 1024 * 1024;

/** An image whose one layer has some MiB that do not compress. */
async function imageOf(mebibytes: number, seed: number): Promise<BuiltRoot> {
  const tar = await tarOf([{ name: 'noise', body: makeNoise(mebibytes * MEBIBYTE, seed) }]);
  const layer = { tar, gzip: gzipSync(tar), diffId: digestOf(tar) };
  const image = await buildImage({ layers: [] });
  const config = JSON.parse(image.config.toString());
  config.rootfs.diff_ids = [layer.diffId];
  config.history = [{ created_by: 'small-disk' }];
  return manifestRoot({
    ...image,
    config: Buffer.from(JSON.stringify(config)),
    diffIds: [layer.diffId],
    layers: [layer],
  });
}

describeWithEngines(['tmpfs'], 'a disk with room for one kit', () => {
  const folder = useTempFolder();
  let site: Site;
  let registry: TestRegistry;
  const roots = new Map<string, BuiltRoot>();

  beforeEach(async () => {
    site = await makeSite(await folder.fresh());
    registry = await startTestRegistry();
    for (const [position, name] of ['a', 'b', 'c'].entries()) {
      roots.set(name, await imageOf(3, position));
      registry.put(`acme/${name}`, '1', roots.get(name)!);
    }
    const images = [{ from: `registry://${registry.host}`, include: ['acme/*'] }];
    await writeBundles(site.path('bundles.yaml'), [
      demoBundle({ images, output: { path: 'disk/kit' } }),
    ]);
    await mkdir(site.path('disk'));
    const args = ['-t', 'tmpfs', '-o', 'size=11m', 'tmpfs', site.path('disk')];
    await succeed(run({ file: 'mount', args }));
  });

  afterEach(async () => {
    await unmountBelow(site.path('disk'));
    await registry.stop();
  });

  test('resumes a pack: what is there already needs no more room', async () => {
    const [layer] = layersOf(roots.get('c')!);
    loseBlob(registry, 'acme/c', layer!);
    await expect(pack(site.host, {})).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    registry.put('acme/c', '1', roots.get('c')!);
    const before = downloads(registry).length;
    const [kit] = await pack(site.host, {});
    expect(kit?.plan.images).toHaveLength(3);
    const again = downloads(registry)
      .slice(before)
      .filter((one) => one.endsWith(layer!));
    expect(again).toHaveLength(1);
    expect(
      downloads(registry).filter((one) => one.endsWith(layersOf(roots.get('a')!)[0]!)),
    ).toHaveLength(1);
  });

  test('fetches again what cannot be kept beside a kit of another plan', async () => {
    loseBlob(registry, 'acme/c', layersOf(roots.get('c')!)[0]!);
    const [kit] = await pack(site.host, { allowMissing: true });
    expect(kit?.plan.images).toHaveLength(2);
    expect(
      downloads(registry).filter((one) => one.endsWith(layersOf(roots.get('a')!)[0]!)),
    ).toHaveLength(2);
    expect(await readdir(site.path('disk'))).toEqual(['kit']);
  });
});
