/** Engines that are not there, or end in the middle: told as what they are, and never as success. */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { crashDocker, startDocker } from '../support/engines/docker.ts';
import { startEngineProxy, type EngineProxy } from '../support/engines/engine-proxy.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, exists, filesBelow, idsIn, pack, writeBundles } from './support/kits.ts';
import { withLastingEngine } from './support/lasting-engine.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';

describeWithEngines(['docker'], 'an engine', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  let outside: AirkitPlace;
  let kit = '';
  let sums: string[] = [];

  beforeAll(async () => {
    await buildLargeImage(source(), { layers: 3, mebibytes: 20 });
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await writeBundles(outside, { name: 'large', images: [largeImage] });
    sums = await pack(outside);
    kit = outside.path('dist', 'large');
  });

  const placeFor = async (host: string): Promise<AirkitPlace> => {
    const place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: host });
    await writeBundles(place, { name: 'large', images: [largeImage] });
    return place;
  };

  const load = (place: AirkitPlace) => place.start('load', kit, '--allow-unsigned', '--json');

  test('that was stopped fails plan, pack and load with a hint', async () => {
    const engine = await startDocker();
    await engine.stop();
    const place = await placeFor(engine.host);
    for (const [command, code] of [
      [['plan'], 'SOURCE_FAILED'],
      [['pack'], 'SOURCE_FAILED'],
      [['load', kit, '--allow-unsigned'], 'TARGET_FAILED'],
      [['load', kit, '--allow-unsigned', '--dry-run'], 'TARGET_FAILED'],
    ] as const) {
      const outcome = await place.airkit(...command, '--json');
      expect(outcome.code).toBe(3);
      expect(outcome.json().error?.code).toBe(code);
      expect(outcome.json().error?.hint).toContain('DOCKER_HOST');
    }
    expect(await filesBelow(place.cache)).toEqual([]);
    expect(await exists(place.path('dist'))).toBe(false);
  });

  test('whose socket belongs to nobody is told like one that was stopped', async () => {
    const home = await mkdtemp(join(await realpath(tmpdir()), 'airkit-dead-'));
    try {
      const engine = await startDocker({ folder: home });
      await crashDocker(engine);
      await engine.stop();
      expect(await exists(join(home, 'docker.sock'))).toBe(true);
      const outcome = await (await placeFor(engine.host)).airkit('pack', '--json');
      expect(outcome.code).toBe(3);
      expect(outcome.json().error).toMatchObject({ code: 'SOURCE_FAILED' });
      expect(outcome.json().error?.hint).toContain('running');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  test('that breaks off its export fails the pack, and the next one succeeds', async () => {
    const proxy: EngineProxy = await startEngineProxy(source().host);
    const place = await placeFor(proxy.host);
    const exporting = proxy.next('GET /images/get');
    const running = place.start('pack', '--json');
    await exporting;
    await expect
      .poll(() => proxy.received(), { timeout: 20_000, interval: 5 })
      .toBeGreaterThan(2 ** 20);
    await proxy.stop();
    const outcome = await running.done;
    expect(outcome.code).toBe(3);
    expect(['SOURCE_FAILED', 'ARCHIVE_MALFORMED']).toContain(outcome.json().error?.code);
    expect(await exists(place.path('dist', 'large'))).toBe(false);
    expect(await pack(place.with({ DOCKER_HOST: source().host }))).toEqual(sums);
  });

  test.each([0, 150, 500])(
    'killed %i ms after a load began fails it, and the next load succeeds',
    async (delay) => {
      await withLastingEngine(startDocker, async (start) => {
        const engine = await start();
        const proxy = await startEngineProxy(engine.host);
        const place = await placeFor(proxy.host);
        const loading = proxy.next('POST /images/load');
        const running = load(place);
        await loading;
        await sleep(delay);
        await crashDocker(engine);
        const outcome = await running.done;
        await proxy.stop();
        await engine.stop();
        expect([3, 5]).toContain(outcome.code);
        expect(outcome.json().error?.code).toMatch(/^(TARGET_FAILED|PARTLY_DONE)$/u);
        const failed = [{ reference: canonical(largeImage), status: 'failed' }];
        expect(outcome.json().results).toMatchObject(failed);
        const receipt: unknown = JSON.parse(await readFile(place.receipt, 'utf8'));
        expect(receipt).toMatchObject({ status: 'failed', results: failed });

        const again = await start();
        const second = place.with({ DOCKER_HOST: again.host });
        const { results } = (await succeeds(load(second).done)).json();
        expect(results).toMatchObject([{ reference: canonical(largeImage), status: 'loaded' }]);
        expect(await idsIn(again)).toEqual(await idsIn(source()));
      });
    },
  );

  test('is left as it was by a load that SIGINT stops', async () => {
    await withLastingEngine(startDocker, async (start) => {
      const engine = await start();
      const proxy = await startEngineProxy(engine.host);
      const place = await placeFor(proxy.host);
      const loading = proxy.next('POST /images/load');
      const running = load(place);
      await loading;
      await sleep(30);
      running.process.kill('SIGINT');
      expect((await running.done).code).toBe(130);
      expect(await idsIn(engine)).toEqual({});
      await expect.poll(() => proxy.open(), { timeout: 15_000 }).toBe(0);
      await proxy.stop();
      const { results } = (
        await succeeds(load(place.with({ DOCKER_HOST: engine.host })).done)
      ).json();
      expect(results).toMatchObject([{ status: 'loaded' }]);
    });
  });
});
