/** Single archives and a disk that is too small: told as such, and nothing stays behind. */
import { mkdir, readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { documentOf, spawnAirkit } from '../cli/support/run-airkit.ts';
import { makeSite, writeLayout, type Site } from '../cli/support/site.ts';
import { dockerArchiveShapes } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { buildImage, makeNoise, manifestRoot, tarOf } from '../support/image-builder.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { BuiltImage } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** An image with one layer of 8 MiB that do not compress. */
async function largeImage(): Promise<BuiltImage> {
  const tar = await tarOf([{ name: 'noise', body: makeNoise(8 * 2 ** 20, 1) }]);
  const image = await buildImage({ names: ['large:1'], layers: [] });
  const config = JSON.parse(image.config.toString());
  config.rootfs.diff_ids = [digestOf(tar)];
  config.history = [{ created_by: 'noise' }];
  const bytes = Buffer.from(JSON.stringify(config));
  const layer = { tar, gzip: tar, diffId: digestOf(tar) };
  return {
    ...image,
    config: bytes,
    imageId: digestOf(bytes),
    diffIds: [layer.diffId],
    layers: [layer],
  };
}

describeWithEngines(['tmpfs'], 'a disk of 4 MiB', () => {
  const folder = useTempFolder();
  let site: Site;
  const disk = (): string => site.path('home', 'cache');

  beforeEach(async () => {
    site = await makeSite(await folder.fresh());
    await mkdir(disk());
    await succeed(run({ file: 'mount', args: ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk()] }));
  });
  afterEach(async () => unmountBelow(disk()));

  test('a pipe that does not fit loads nothing', async () => {
    const shape = dockerArchiveShapes['docker 25'];
    if (shape === undefined) throw new Error('the shape is gone');
    const input = await tarOf(shape([await largeImage()]));
    const flags = ['--allow-unsigned', '--receipt', 'receipt.json', '--json'];
    const outcome = await spawnAirkit(site, ['load', '-', '--to', 'oci:out', ...flags], { input });
    expect([outcome.code, documentOf(outcome).error?.code]).toEqual([3, 'NO_SPACE']);
    expect(await readdir(`${disk()}/airkit/ingest`)).toEqual([]);
    expect(await readdir(site.folder)).not.toContain('out');
  });

  test('an archive that does not fit is not begun', async () => {
    await writeLayout(site.path('layout'), [manifestRoot(await largeImage(), 'none')]);
    const args = ['save', 'large:1', '--from', 'oci:layout', '-o', 'home/cache/large.tar'];
    const outcome = await spawnAirkit(site, [...args, '--json']);
    expect([outcome.code, documentOf(outcome).error?.code]).toEqual([3, 'NO_SPACE']);
    expect((await readdir(disk())).filter((name) => name.includes('large'))).toEqual([]);
  });
});
