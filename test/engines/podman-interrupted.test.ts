/** Loads into podman that end in the middle: told as what they are, and the next load completes them. */
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startPodman, type PodmanEngine } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, imageIds, pack, writeBundles } from './support/kits.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';
import { heldBy } from './support/podman-images.ts';

const name = canonical(largeImage);

/** Calls with an engine that keeps its images when it is started again. */
async function withLastingPodman(
  use: (start: () => Promise<PodmanEngine>) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(await realpath(tmpdir()), 'airkit-lasting-'));
  const started: PodmanEngine[] = [];
  try {
    await use(async () => {
      const engine = await startPodman({ folder: home });
      started.push(engine);
      return engine;
    });
  } finally {
    for (const engine of started) await engine.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Command lines of the processes that a process started. */
async function childrenOf(pid: number | undefined): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = threads.map(async (thread) =>
    readFile(`/proc/${pid}/task/${thread}/children`, 'utf8'),
  );
  const pids = (await Promise.all(lists)).flatMap((list) => list.split(' ').filter(Boolean));
  const lines = pids.map(async (child) =>
    readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => ''),
  );
  return (await Promise.all(lines)).map((line) => line.replaceAll('\0', ' '));
}

describeWithEngines(['docker', 'podman'], 'a load into podman', () => {
  const folder = useTempFolder();
  const builder = useEngine(() => startDocker());
  let outside: AirkitPlace;
  let kit = '';
  let id: string | undefined;

  beforeAll(async () => {
    await buildLargeImage(builder(), { layers: 3, mebibytes: 20 });
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: builder().host });
    await writeBundles(outside, { name: 'large', images: [largeImage] });
    await pack(outside);
    kit = outside.path('dist', 'large');
    id = (await imageIds(kit))[name];
  });

  const load = (place: AirkitPlace) =>
    place.start('load', kit, '--to', 'podman', '--allow-unsigned', '--json');

  const completes = async (engine: PodmanEngine, place: AirkitPlace): Promise<void> => {
    const { results } = (await succeeds(load(place).done)).json();
    expect(results).toMatchObject([{ reference: name, status: 'loaded', after: id }]);
    expect(Object.keys(await heldBy(engine))).toEqual([name]);
  };

  test.each([0, 150, 500])('fails when podman is killed %i ms after it began', async (delay) => {
    await withLastingPodman(async (start) => {
      const engine = await start();
      const proxy = await startEngineProxy(engine.host);
      const place = await makeAirkitPlace(await folder.fresh(), { CONTAINER_HOST: proxy.host });
      const pulling = proxy.next('POST /v4.0.0/libpod/images/pull');
      const running = load(place);
      await pulling;
      await sleep(delay);
      engine.crash();
      const outcome = await running.done;
      await proxy.stop();
      await engine.stop();
      expect([3, 5]).toContain(outcome.code);
      const failed = [{ reference: name, status: 'failed' }];
      expect(outcome.json().results).toMatchObject(failed);
      const receipt: unknown = JSON.parse(await readFile(place.receipt, 'utf8'));
      expect(receipt).toMatchObject({ status: 'failed', results: failed });

      const again = await start();
      await completes(again, place.with({ CONTAINER_HOST: again.host }));
    });
  });

  test('through the socket stops at SIGINT, and the next one completes', async () => {
    await withLastingPodman(async (start) => {
      const engine = await start();
      const proxy = await startEngineProxy(engine.host);
      const place = await makeAirkitPlace(await folder.fresh(), { CONTAINER_HOST: proxy.host });
      const pulling = proxy.next('POST /v4.0.0/libpod/images/pull');
      const running = load(place);
      await pulling;
      await sleep(100);
      running.process.kill('SIGINT');
      expect((await running.done).code).toBe(130);
      await expect.poll(() => proxy.open(), { timeout: 15_000 }).toBe(0);
      await proxy.stop();
      expect(Object.keys(await heldBy(engine))).not.toContain(name);
      await completes(engine, place.with({ CONTAINER_HOST: engine.host }));
    });
  });

  test('through the command stops at SIGINT, leaves no process, and the next one completes', async () => {
    await withLastingPodman(async (start) => {
      const engine = await start();
      const place = await makeAirkitPlace(await folder.fresh(), engine.environment);
      const running = load(place);
      let children: string[] = [];
      await expect
        .poll(
          async () => {
            children = await childrenOf(running.process.pid);
            return children.some((line) => line.startsWith('podman pull '));
          },
          { timeout: 20_000, interval: 5 },
        )
        .toBe(true);
      await sleep(150);
      running.process.kill('SIGINT');
      expect((await running.done).code).toBe(130);
      const [served = ''] = /airkit-[0-9a-f]{32}/u.exec(children.join(' ')) ?? [];
      expect(await commandLines()).not.toContain(served);
      expect(Object.keys(await heldBy(engine))).not.toContain(name);
      await completes(engine, place);
    });
  });
});

/** The command lines of all processes. */
async function commandLines(): Promise<string> {
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/u.test(entry));
  const lines = entries.map(async (pid) =>
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  );
  return (await Promise.all(lines)).join('\n');
}
