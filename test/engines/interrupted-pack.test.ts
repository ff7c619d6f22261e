/** Whatever ends a pack, nothing that looks finished is left, and the next pack gives the bytes of an undisturbed one. */
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { exists, filesBelow, flipByte, pack, readIndex, writeBundles } from './support/kits.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';

const exportRequest = 'GET /images/get';

describeWithEngines(['docker'], 'a pack that is interrupted', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const proxy = useEngine(() => startEngineProxy(source().host));
  let place: AirkitPlace;
  let undisturbed: string[] = [];
  /** Milliseconds of an undisturbed pack. */
  let duration = 0;
  const kit = (): string => place.path('dist', 'large');

  beforeAll(async () => {
    await buildLargeImage(source(), { layers: 3, mebibytes: 20 });
    const first = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await writeBundles(first, { name: 'large', images: [largeImage] });
    const start = performance.now();
    undisturbed = await pack(first);
    duration = performance.now() - start;
  });

  beforeEach(async () => {
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: proxy().host });
    await writeBundles(place, { name: 'large', images: [largeImage] });
  });

  const packsAsEver = async (): Promise<void> => {
    expect(await pack(place)).toEqual(undisturbed);
    await succeeds(place.airkit('verify', kit(), '--allow-unsigned'));
    expect(await readdir(place.path('dist'))).toEqual(['large']);
  };

  /** The engine makes an export in its own folder first. */
  const noExportIsLeft = async (): Promise<void> => {
    const temporary = join(source().folder, 'data', 'tmp');
    await expect.poll(() => filesBelow(temporary), { timeout: 15_000 }).toEqual([]);
    await expect.poll(() => proxy().open(), { timeout: 15_000 }).toBe(0);
  };

  test('by SIGKILL at any moment leaves no kit', async () => {
    for (const part of [0.2, 0.4, 0.6, 0.8, Math.random()]) {
      const running = place.start('pack');
      await sleep(duration * part);
      running.process.kill('SIGKILL');
      const { code } = await running.done;
      if (code === 0) await rm(kit(), { recursive: true });
      expect(await exists(kit()), `killed after ${part} of ${duration} ms`).toBe(false);
      // The cache would make the next one too quick.
      if (part > 0.5) await rm(place.cache, { recursive: true, force: true });
    }
    await packsAsEver();
    await noExportIsLeft();
  });

  test('by SIGKILL while the kit is written leaves no kit', async () => {
    for (const delay of [0, 20, 60, 120]) {
      const running = place.start('pack');
      const partial = `${kit()}.partial/bundle.tar`;
      while (running.process.exitCode === null && !(await exists(partial))) await sleep(2);
      await sleep(delay);
      running.process.kill('SIGKILL');
      const { code } = await running.done;
      if (code === 0) break;
      expect(await exists(kit())).toBe(false);
    }
    await rm(kit(), { recursive: true, force: true });
    await packsAsEver();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s during the export ends with %i', async (signal, exitCode) => {
    const exporting = proxy().next(exportRequest);
    const running = place.start('pack', '--json');
    await exporting;
    await sleep(50);
    running.process.kill(signal);
    const outcome = await running.done;
    expect(outcome.code).toBe(exitCode);
    expect(outcome.json().error?.code).toBe('INTERRUPTED');
    expect(await exists(kit())).toBe(false);
    await noExportIsLeft();
    await packsAsEver();
  });

  test('by SIGINT while the kit is written ends with 130', async () => {
    const running = place.start('pack', '--json');
    while (!(await exists(`${kit()}.partial/bundle.tar`))) await sleep(2);
    running.process.kill('SIGINT');
    const outcome = await running.done;
    expect(outcome.code).toBe(130);
    expect(await exists(kit())).toBe(false);
    await packsAsEver();
  });

  test('by another pack of the same kit goes on', async () => {
    const running = place.start('pack', '--json');
    while (!(await exists(`${kit()}.partial/bundle.tar`))) await sleep(2);
    running.process.kill('SIGSTOP');
    const second = await place.airkit('pack', '--json');
    running.process.kill('SIGCONT');
    expect(second.code).toBe(2);
    expect(second.json().error?.code).toBe('OUTPUT_BUSY');
    const { kits } = (await succeeds(running.done)).json();
    expect(kits.map(({ archive }) => archive.sha256)).toEqual(undisturbed);
    expect(await readdir(place.path('dist'))).toEqual(['large']);
  });
});

describeWithEngines(['docker'], 'a damaged cache', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const proxy = useEngine(() => startEngineProxy(source().host));
  let place: AirkitPlace;
  let undisturbed: string[] = [];

  beforeAll(async () => {
    await buildLargeImage(source(), { layers: 3, mebibytes: 1 });
  });

  beforeEach(async () => {
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: proxy().host });
    await writeBundles(place, { name: 'large', images: [largeImage] });
    undisturbed = await pack(place, '-o', 'before');
  });

  const layerFiles = async (): Promise<string[]> => {
    const { images } = await readIndex(place.path('before'));
    const digests = images.flatMap(({ manifests }) =>
      manifests.flatMap((one) => one.layers.map(({ descriptor }) => descriptor.digest)),
    );
    return digests.map((digest) => join(place.cache, 'blobs', digest.replace(':', '/')));
  };

  /** Replaced: the next pack finds the cache whole. */
  const isWholeAgain = async (): Promise<void> => {
    const asked = proxy().requests.length;
    expect(await pack(place, '-o', 'after')).toEqual(undisturbed);
    expect(proxy().requests.slice(asked)).not.toContain(exportRequest);
  };

  test('is noticed where a byte has changed, and the entry replaced', async () => {
    await flipByte((await layerFiles())[1] ?? '', 500_000);
    const outcome = await succeeds(place.airkit('pack', '--json'));
    expect(outcome.json().kits.map(({ archive }) => archive.sha256)).toEqual(undisturbed);
    expect(outcome.stderr).toContain('was damaged');
    await isWholeAgain();
  });

  test('is noticed where entries were cut or removed, and they are replaced', async () => {
    const [cut = '', removed = ''] = await layerFiles();
    await truncate(cut, 1000);
    await rm(removed);
    expect(await pack(place)).toEqual(undisturbed);
    await isWholeAgain();
  });

  test('is noticed where every file of it is rubbish', async () => {
    for (const path of await filesBelow(place.cache)) await writeFile(path, 'rubbish');
    expect(await pack(place)).toEqual(undisturbed);
    await isWholeAgain();
  });
});
