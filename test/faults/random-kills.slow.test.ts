/** SIGKILL at random moments of whole runs: what has its final name is whole, and the next run gives the same bytes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { airkit, spawnAirkit } from '../cli/support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { judgeState, requireNone, requireRecovery, stateOf, type States } from './support/judge.ts';
import { amount, note } from './support/ledger.ts';
import { operationsNamed, startOver, type Operation } from './support/operations.ts';

const KILLS = amount('AIRKIT_KILLS', 6);
const KILLED = [
  ['pack', KILLS],
  ['load --to oci', KILLS],
  ['load --to k3s', Math.ceil(KILLS / 4)],
  ['copy', Math.ceil(KILLS / 4)],
] as const;
const LAYERS = 8;
const LAYER_BYTES = 4_000_000;

describe('SIGKILL at random moments', () => {
  const folder = useTempFolder();
  let site: Site;
  beforeAll(async () => {
    site = await makeSite(await folder.fresh());
    await writeBigLayout(site.path('layout'), { layers: LAYERS, bytesEach: LAYER_BYTES });
    await writeBundles(site.path('bundles.yaml'));
    expect(await airkit(site, ['pack'])).toMatchObject({ code: 0 });
  });

  /** What a run makes that nothing disturbs, and how many milliseconds it takes. */
  const undisturbed = async (operation: Operation): Promise<States & { duration: number }> => {
    await startOver(site, operation);
    const before = await stateOf(site, operation);
    const start = performance.now();
    expect(await spawnAirkit(site, operation.args)).toMatchObject({ code: 0 });
    const duration = performance.now() - start;
    return { before, after: await stateOf(site, operation), duration };
  };

  /** @returns whether the process was still there to be killed */
  const killAfter = async (operation: Operation, delay: number): Promise<boolean> => {
    const { code } = await spawnAirkit(site, operation.args, {
      started: async (child) => {
        await sleep(delay);
        child.kill('SIGKILL');
      },
    });
    if (code !== null) expect(code).toBe(0);
    return code === null;
  };

  test.each(KILLED)(
    'of %s, %i times',
    async (name, wanted) => {
      const [operation] = operationsNamed(name);
      if (operation === undefined) throw new Error(name);
      const { duration, ...states } = await undisturbed(operation);
      const problems: string[] = [];
      let kills = 0;
      while (kills < wanted) {
        const delay = Math.random() * duration;
        await startOver(site, operation);
        if (!(await killAfter(operation, delay))) continue; // It was quicker this time.
        kills += 1;
        const found = await judgeState(site, operation, states);
        const after = await requireRecovery(site, operation, states);
        note({ fault: 'SIGKILL', during: operation.name, filesLost: found.length });
        problems.push(
          ...[...found, ...after].map((one) => `after ${Math.round(delay)} ms: ${one}`),
        );
      }
      requireNone(problems);
    },
    KILLS * 20_000,
  );
});
