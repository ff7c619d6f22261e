/** containerds that are not there, or end in the middle; loads that are stopped; kits that are damaged. */
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startContainerd, type ContainerdEngine } from '../support/engines/containerd.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { linesOf, readyNames, recordsOf } from './support/containerd-records.ts';
import { damagedCopy } from './support/kits.ts';
import { packRoots, plainRoot } from './support/layouts.ts';

const LARGE = 'docker.io/acme/large:1';
const SMALL = 'docker.io/acme/small:1';
/** Bytes of noise in a layer of that seed: long enough to be interrupted. */
const LARGE_LAYERS = [40_000_000, 40_000_001];

/** Calls with a containerd that keeps its content when it is started again. */
async function withLastingNode(
  use: (start: () => Promise<ContainerdEngine>) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(await realpath(tmpdir()), 'airkit-node-'));
  const started: ContainerdEngine[] = [];
  try {
    await use(async () => {
      const node = await startContainerd({ folder: home });
      started.push(node);
      return node;
    });
  } finally {
    for (const node of started) await node.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Waits until containerd takes content in. */
async function importing(node: ContainerdEngine): Promise<void> {
  const active = async (): Promise<number> => (await linesOf(node, 'content', 'active')).length;
  await expect.poll(active, { timeout: 20_000, interval: 10 }).toBeGreaterThan(1);
}

/** Processes with all of these words on their command line. */
async function processesWith(...words: string[]): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const lines = ids.map(async (id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).filter((line) => words.every((word) => line.includes(word)));
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+Z/mu.test(status);
}

describeWithEngines(['containerd'], 'containerd', () => {
  const folder = useTempFolder();
  let outside: AirkitPlace;
  let kit = '';

  beforeAll(async () => {
    outside = await makeAirkitPlace(await folder.fresh());
    const roots = [await plainRoot(LARGE, LARGE_LAYERS), await plainRoot(SMALL, [1])];
    kit = await packRoots(outside, 'large', roots);
  });

  /** A ctr that gets the first member of an import, and the rest when it may go on: until then it writes no blob. */
  const pausingClient = async () => {
    const bin = await folder.fresh();
    const feed = `head -c 1024; until [ -e '${bin}/go' ]; do sleep 0.05; done; cat`;
    const lines = [
      `case " $* " in *" images import "*);; *) exec /usr/bin/ctr "$@";; esac`,
      `mkfifo '${bin}/fifo'; exec 3<&0`,
      `{ ${feed}; } <&3 >'${bin}/fifo' 2>/dev/null &`,
      `exec /usr/bin/ctr "$@" 3<&- <'${bin}/fifo'`,
    ];
    await writeFile(join(bin, 'ctr'), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
    return {
      path: [bin, process.env['PATH']].join(delimiter),
      goOn: async () => writeFile(join(bin, 'go'), ''),
    };
  };

  const load = (node: ContainerdEngine, path = kit, place = outside.with(node.environment)) =>
    place.start('load', path, '--to', 'containerd', '--allow-unsigned', '--json');

  test('that is not there is a target that failed, with a hint', async () => {
    const nobody = outside.with({ CONTAINERD_ADDRESS: outside.path('nobody.sock') });
    for (const flags of [[], ['--dry-run']]) {
      const args = ['load', kit, '--to', 'containerd', '--allow-unsigned', '--json', ...flags];
      const outcome = await nobody.airkit(...args);
      expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'TARGET_FAILED']);
      expect(outcome.json().error?.hint).toContain('CONTAINERD_ADDRESS');
    }
  });

  test('without ctr is told apart from one that does not run', async () => {
    const bare = outside.with({ PATH: await folder.fresh() });
    const args = ['load', kit, '--to', 'containerd', '--allow-unsigned', '--json'];
    const outcome = await bare.airkit(...args);
    expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'TARGET_FAILED']);
    expect(outcome.json().error?.message).toContain('ctr is not installed');
  });

  test.each([0, 150, 400])('killed %i ms after an import began fails the load', async (delay) => {
    await withLastingNode(async (start) => {
      const node = await start();
      const running = load(node);
      await importing(node);
      await sleep(delay);
      process.kill(node.pid, 'SIGKILL');
      const outcome = await running.done;
      await node.stop();
      const { results } = outcome.json();
      expect([3, 5]).toContain(outcome.code);
      expect(results).toMatchObject([{ reference: LARGE }, { reference: SMALL, status: 'failed' }]);
      const again = await start();
      const second = (await succeeds(load(again).done)).json().results;
      expect(second.map(({ status }) => status)).not.toContain('failed');
      const ready = await readyNames(again);
      expect(ready).toEqual(expect.arrayContaining([LARGE, SMALL]));
    });
  });

  test('killed between two blobs of an import fails the load', async () => {
    await withLastingNode(async (start) => {
      const node = await start();
      const pause = await pausingClient();
      const running = load(node, kit, outside.with({ ...node.environment, PATH: pause.path }));
      const leases = async (): Promise<number> =>
        (await linesOf(node, 'leases', 'ls', '--quiet')).length;
      await expect.poll(leases, { timeout: 20_000 }).toBe(1);
      process.kill(node.pid, 'SIGKILL');
      await expect.poll(() => isRunning(node.pid), { timeout: 20_000 }).toBe(false);
      await pause.goOn();
      const outcome = await running.done;
      expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'TARGET_FAILED']);
      expect(await processesWith(node.address, 'images', 'import')).toEqual([]);
    });
  });

  test('has no image and no client of a load that SIGINT stopped', async () => {
    await withLastingNode(async (start) => {
      const node = await start();
      const running = load(node);
      await importing(node);
      running.process.kill('SIGINT');
      expect((await running.done).code).toBe(130);
      expect(await processesWith(node.address, 'images', 'import')).toEqual([]);
      expect(await recordsOf(node)).toEqual({});
      const { results } = (await succeeds(load(node).done)).json();
      expect(results.map(({ status }) => status)).toEqual(['loaded', 'loaded']);
    });
  });

  test('gets no name of a kit that turns out damaged', async () => {
    await withLastingNode(async (start) => {
      const node = await start();
      const damaged = await damagedCopy(kit);
      const outcome = await load(node, damaged).done;
      expect([outcome.code, outcome.json().error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
      expect(Object.keys(await recordsOf(node)).filter((one) => one.startsWith(SMALL))).toEqual([]);
      expect(await linesOf(node, 'leases', 'ls', '--quiet')).toEqual([]);
    });
  });
});
