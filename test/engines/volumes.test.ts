/** A kit in three volumes: joined for a stock engine, read from three read-only media, copied and gathered. */
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { mountDisk, mountReadOnly, type DiskKind } from '../support/engines/small-disk.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, makeNoise, manifestRoot, tarOf } from '../support/image-builder.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { flipByte, idsIn, imageIds, pack, sha256Of, writeBundles } from './support/kits.ts';

const MEBIBYTE = 1024 * 1024;
const VOLUMES = ['bundle.tar.001', 'bundle.tar.002', 'bundle.tar.003'] as const;

const temporary = useTempFolder();
let place: AirkitPlace;
let kit = '';
let ids: Record<string, string> = {};

beforeAll(async () => {
  place = await makeAirkitPlace(await temporary.fresh());
  const roots = await Promise.all(['a', 'b', 'c'].map(async (name, at) => noisyImage(name, at)));
  await mkdir(place.path('layout'));
  await writeFiles(place.path('layout'), ociLayoutFiles(roots));
  await writeBundles(place, { name: 'kit', images: [{ from: 'oci:layout', include: ['*'] }] });
  await pack(place, '--volume-size', '4MiB');
  kit = place.path('dist', 'kit');
  ids = await imageIds(kit);
  expect((await readdir(kit)).filter((name) => name.startsWith('bundle.tar'))).toEqual(VOLUMES);
});

/** An image with a layer of 3 MiB that does not compress. */
async function noisyImage(name: string, seed: number): Promise<BuiltRoot> {
  const tar = await tarOf([{ name: 'noise', body: makeNoise(3 * MEBIBYTE, seed) }]);
  const image = await buildImage({ names: [`example.com/${name}:1`], layers: [] });
  const config = JSON.parse(image.config.toString());
  config.rootfs.diff_ids = [digestOf(tar)];
  config.history = [{ created_by: 'volumes' }];
  return manifestRoot({
    ...image,
    config: Buffer.from(JSON.stringify(config)),
    diffIds: [digestOf(tar)],
    layers: [{ tar, gzip: gzipSync(tar), diffId: digestOf(tar) }],
  });
}

async function copyOf(name: string): Promise<string> {
  const copy = place.path(name);
  await cp(kit, copy, { recursive: true });
  return copy;
}

describeWithEngines(['docker'], 'a kit in three volumes and docker', () => {
  const engine = useEngine(startDocker);

  test('cat bundle.tar.* | docker load', async () => {
    const cat = { file: 'sh', args: ['-c', `cat ${kit}/bundle.tar.*`] };
    const { host } = engine();
    await succeed(pipe(cat, { file: 'docker', args: ['--host', host, 'load'] }));
    expect(await idsIn(engine())).toEqual(ids);
    await succeed(engine().docker('rmi', '--force', ...new Set(Object.values(ids))));
  });

  const load = async (copy: string, ...flags: string[]): ReturnType<AirkitPlace['airkit']> =>
    place
      .with({ DOCKER_HOST: engine().host })
      .airkit('load', copy, '--allow-unsigned', '--json', ...flags);

  test('one volume missing, two swapped, one bit flipped: nothing is loaded', async () => {
    const missing = await copyOf('missing');
    await rm(join(missing, VOLUMES[1]));
    const swapped = await copyOf('swapped');
    await rename(join(swapped, VOLUMES[0]), join(swapped, 'aside'));
    await rename(join(swapped, VOLUMES[1]), join(swapped, VOLUMES[0]));
    await rename(join(swapped, 'aside'), join(swapped, VOLUMES[1]));
    const flipped = await copyOf('flipped');
    await flipByte(join(flipped, VOLUMES[2]), 1000);
    for (const copy of [missing, swapped, flipped])
      expect(await load(copy)).toMatchObject({ code: 4 });
    expect(await idsIn(engine())).toEqual({});
    const partly = await load(missing, '--keep-going');
    expect(partly.code).toBe(5);
    const { results } = partly.json();
    const loaded = results.filter(({ status }) => status === 'loaded');
    expect(Object.keys(await idsIn(engine()))).toEqual(loaded.map(({ reference }) => reference));
    expect(loaded).toHaveLength(1);
  });
});

const SIZES: Readonly<Record<DiskKind, number>> = { tmpfs: 5, ext4: 6, fat32: 40 };

const MEDIA: readonly (readonly DiskKind[])[] = [
  ['tmpfs', 'ext4', 'tmpfs'],
  ['tmpfs', 'ext4', 'fat32'],
];

for (const kinds of MEDIA) {
  describeWithEngines([...new Set(kinds)], `three small media: ${kinds.join(', ')}`, () => {
    let base = '';
    let points: string[] = [];

    beforeAll(async () => {
      base = await temporary.fresh();
      points = kinds.map((kind, position) => join(base, `${position}-${kind}`));
      for (const [position, point] of points.entries()) {
        const kind = kinds[position] ?? 'tmpfs';
        await mountDisk(point, { kind, mebibytes: SIZES[kind] });
      }
      return async () => unmountBelow(base);
    });

    test('a kit that does not fit is refused before anything is written', async () => {
      const [first = ''] = points;
      expect(await place.airkit('copy', kit, first)).toMatchObject({ code: 3 });
      expect((await readdir(first)).filter((name) => name.startsWith('bundle'))).toEqual([]);
    });

    test('it is copied, loaded from the media mounted read-only, and gathered', async () => {
      await succeeds(place.airkit('copy', kit, ...points));
      for (const [position, point] of points.entries()) {
        await mountReadOnly(point, kinds[position] ?? 'tmpfs');
        const held = (await readdir(point)).filter((name) => name.startsWith('bundle.tar'));
        expect(held).toEqual([VOLUMES[position]]);
      }
      const [first = '', second = '', third = ''] = points;
      const more = ['--volumes', second, '--volumes', third, '--allow-unsigned'];
      await succeeds(place.airkit('verify', first, '--deep', ...more));
      await succeeds(place.airkit('load', first, '--to', `oci:${base}/layout`, ...more));

      const into = join(base, 'gathered');
      const gather = async (from: string): ReturnType<AirkitPlace['airkit']> =>
        place.airkit('gather', '--into', into, '--allow-unsigned', from);
      expect(await gather(third)).toMatchObject({ code: 5 });
      expect(await gather(first)).toMatchObject({ code: 5 });
      expect(await gather(second)).toMatchObject({ code: 0 });
      const files = (await readdir(kit)).toSorted();
      expect((await readdir(into)).toSorted()).toEqual(files);
      for (const name of files)
        expect(await sha256Of(join(into, name))).toBe(await sha256Of(join(kit, name)));
    });
  });
}
