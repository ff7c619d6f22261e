/** Engines and registries that hang or die in the middle: waiting ends when the person says so, and nothing is taken for done. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { amount, note } from '../faults/support/ledger.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, exists, idsIn, imageIds, pack, writeBundles } from './support/kits.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';
import { withLastingEngine } from './support/lasting-engine.ts';

const KILLS = amount('AIRKIT_KILLS', 2);
const folder = useTempFolder();

async function placeFor(host: string): Promise<AirkitPlace> {
  const place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: host });
  await writeBundles(place, { name: 'large', images: [largeImage] });
  return place;
}

async function signal(engine: { folder: string }, name: NodeJS.Signals): Promise<void> {
  process.kill(Number(await readFile(join(engine.folder, 'pid'), 'utf8')), name);
}

describeWithEngines(['docker'], 'a dockerd', () => {
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
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

  const load = (place: AirkitPlace) => place.start('load', kit, '--allow-unsigned', '--json');

  test.each([
    ['an export', 'GET /images/get', () => source()],
    ['a load', 'POST /images/load', () => target()],
  ] as const)(
    'that hangs in %s is left by SIGINT; once it goes on, the next run succeeds',
    async (what, request, engine) => {
      const proxy = await startEngineProxy(engine().host);
      const place = await placeFor(proxy.host);
      const asked = proxy.next(request);
      const running = what === 'a load' ? load(place) : place.start('pack', '--json');
      await asked;
      await signal(engine(), 'SIGSTOP');
      await sleep(1000);
      expect(running.process.exitCode).toBe(null);
      running.process.kill('SIGINT');
      const outcome = await running.done;
      await signal(engine(), 'SIGCONT');
      note({ fault: 'engine hangs', during: what });
      expect({ code: outcome.code, error: outcome.json().error?.code }).toEqual({
        code: 130,
        error: 'INTERRUPTED',
      });
      expect(await exists(place.path('dist', 'large'))).toBe(false);
      await proxy.stop();
      const again = place.with({ DOCKER_HOST: engine().host });
      if (what === 'a load') await succeeds(load(again).done);
      else expect(await pack(again)).toEqual(sums);
    },
  );

  test('that hangs for a moment in an export or a load delays it', async () => {
    const proxy = await startEngineProxy(source().host);
    const place = await placeFor(proxy.host);
    const asked = proxy.next('GET /images/get');
    const running = place.start('pack', '--json');
    await asked;
    await signal(source(), 'SIGSTOP');
    await sleep(1500);
    await signal(source(), 'SIGCONT');
    const { kits } = (await succeeds(running.done)).json();
    note({ fault: 'engine hangs', during: 'an export' });
    expect(kits.map(({ archive }) => archive.sha256)).toEqual(sums);
    await proxy.stop();
  });

  test(
    `holds an image whole or not at all after SIGKILL of ${KILLS} loads, each completed by the next`,
    async () => {
      const place = await placeFor(target().host);
      const wanted = await imageIds(kit);
      await target().docker('rmi', '--force', largeImage);
      const start = performance.now();
      await succeeds(load(place).done);
      const duration = performance.now() - start;
      for (let kills = 0; kills < KILLS;) {
        await target().docker('rmi', '--force', largeImage);
        const running = load(place);
        const delay = Math.random() * duration;
        await sleep(delay);
        running.process.kill('SIGKILL');
        if ((await running.done).code !== -1) continue; // It was quicker this time.
        kills += 1;
        const held = await idsIn(target());
        const isWrong = ![undefined, wanted[canonical(largeImage)]].includes(
          held[canonical(largeImage)],
        );
        note({ fault: 'SIGKILL', during: 'load --to docker', filesLost: isWrong ? 1 : 0 });
        expect({ delay, held, isWrong }).toMatchObject({ isWrong: false });
        const { results } = (await succeeds(load(place).done)).json();
        expect(results).toMatchObject([
          { status: expect.stringMatching(/^(loaded|already-present)$/) },
        ]);
        expect(await idsIn(target())).toEqual(wanted);
      }
      const saved = place.path('saved.tar');
      expect(await target().docker('save', '--output', saved, largeImage)).toMatchObject({
        code: 0,
      });
    },
    60_000 + KILLS * 30_000,
  );
});

describeWithEngines(['registry'], 'a registry', () => {
  let place: AirkitPlace;
  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh());
    await writeBigLayout(place.path('layout'), { layers: 6, bytesEach: 10_000_000 });
    await writeBundles(place, { name: 'big', images: [{ from: 'oci:layout', include: ['*'] }] });
    await pack(place);
  });
  const push = (host: string) =>
    place.start('load', 'dist/big', '--allow-unsigned', '--to', `registry://${host}`, '--json');

  test.each([
    ['hangs', 'SIGSTOP', 130],
    ['dies', 'SIGKILL', 3],
  ] as const)(
    'that %s during a load: told, and the next one completes it',
    async (what, name, code) => {
      await withLastingEngine(startRegistry, async (start) => {
        const registry = await start();
        const running = push(registry.host);
        const uploads = join(registry.folder, 'data/docker/registry/v2/repositories');
        while (running.process.exitCode === null && !(await exists(uploads))) await sleep(2);
        process.kill(registry.pid, name);
        await sleep(500);
        if (what === 'hangs') running.process.kill('SIGINT');
        const outcome = await running.done;
        if (what === 'hangs') process.kill(registry.pid, 'SIGCONT');
        note({ fault: `registry ${what}`, during: 'load --to registry' });
        expect(outcome.code).toBe(code);
        if (what === 'dies')
          expect(outcome.json()).toMatchObject({
            error: { code: 'TARGET_FAILED' },
            results: [{ status: 'failed' }],
          });
        await registry.stop();
        const again = await start();
        const { results } = (await succeeds(push(again.host).done)).json();
        expect(results).toMatchObject([{ status: 'loaded' }]);
        const pulling = await makeAirkitPlace(await folder.fresh());
        await writeBundles(pulling, {
          name: 'big',
          images: [
            {
              from: `registry://${again.host}`,
              include: ['big:1', 'example.com/big:1', '*'],
              optional: true,
            },
          ],
        });
        await succeeds(pulling.airkit('pack'));
        await succeeds(pulling.airkit('verify', 'dist/big', '--deep', '--allow-unsigned'));
        await rm(pulling.folder, { recursive: true });
      });
    },
  );
});
