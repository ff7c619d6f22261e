/** A Docker engine with the containerd store that ends in the middle of a load. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { parseReceipt } from '../../src/index.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { crashDocker } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { idsIn, rootDigests } from './support/kits.ts';
import { withLastingEngine } from './support/lasting-engine.ts';
import { packRoots, plainRoot } from './support/layouts.ts';

const LARGE = 'docker.io/acme/large:1';
const SMALL = 'docker.io/acme/small:1';
/** Bytes of noise in a layer of that seed: long enough to be interrupted. */
const LARGE_LAYERS = [40_000_000, 40_000_001];

describeWithEngines(['newer-docker'], 'a load into the containerd store', () => {
  const folder = useTempFolder();
  let place: AirkitPlace;
  let kit = '';

  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh());
    const roots = [await plainRoot(LARGE, LARGE_LAYERS), await plainRoot(SMALL, [1])];
    kit = await packRoots(place, 'large', roots);
  });

  test.each([0, 400])('that was killed after %i ms is completed by the next', async (delay) => {
    await withLastingEngine(startNewerDocker, async (start) => {
      const engine = await start();
      const proxy = await startEngineProxy(engine.host);
      const through = place.with({ DOCKER_HOST: proxy.host });
      const loading = proxy.next('POST /images/load');
      const running = through.start('load', kit, '--allow-unsigned', '--json');
      await loading;
      await sleep(delay);
      await crashDocker(engine);
      const outcome = await running.done;
      await proxy.stop();
      await engine.stop();
      expect([3, 5]).toContain(outcome.code);
      const { status, results } = parseReceipt(await readFile(place.receipt), place.receipt);
      expect(['failed', 'partly']).toContain(status);
      expect(results.map(({ reference }) => reference)).toEqual([LARGE, SMALL]);

      const again = await start();
      const roots = await rootDigests(kit);
      const held = await idsIn(again);
      for (const { reference, status: told } of results) {
        expect(['loaded', 'failed']).toContain(told);
        if (told === 'loaded') expect(held[reference]).toBe(roots[reference]);
      }
      const second = place.with({ DOCKER_HOST: again.host });
      await succeeds(second.airkit('load', kit, '--allow-unsigned', '--json'));
      expect(await idsIn(again)).toEqual(roots);
    });
  });
});
