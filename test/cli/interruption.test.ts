import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { writeBigLayout } from './support/big-layout.ts';
import { documentOf, spawnAirkit } from './support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigLayout(site.path('layout'), { layers: 6, bytesEach: 12_000_000 });
  await writeBundles(site.path('bundles.yaml'));
});

/** Waits for a file; five seconds at most. */
async function appears(path: string): Promise<void> {
  for (let waited = 0; waited < 5000 && !existsSync(path); waited += 5) await sleep(5);
}

describe('pack', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'stopped by %s exits %i, leaves no kit, and packs when run again',
    async (signal, exit) => {
      const output = `kit-${signal}`;
      const stopped = await spawnAirkit(site, ['pack', '-o', output, '--json'], {
        started: async (child) => {
          await appears(site.path(`${output}.partial`, 'bundle.tar'));
          child.kill(signal);
        },
      });
      expect(stopped.code).toBe(exit);
      expect(documentOf(stopped)).toMatchObject({
        schemaVersion: 1,
        error: { code: 'INTERRUPTED' },
      });
      expect(existsSync(site.path(output))).toBe(false);
      expect(existsSync(site.path(`${output}.partial`, 'lock'))).toBe(false);
      const again = await spawnAirkit(site, ['pack', '-o', output, '-q']);
      expect(again).toEqual({ code: 0, stdout: `${site.path(output)}\n`, stderr: '' });
      expect(existsSync(site.path(`${output}.partial`))).toBe(false);
    },
  );

  test('a second pack of the same kit at the same time exits 2 and does not disturb the first', async () => {
    let second: Promise<{ code: number | null; stdout: string; stderr: string }> | undefined;
    const first = await spawnAirkit(site, ['pack', '-o', 'busy', '-q'], {
      started: async () => {
        second = appears(site.path('busy.partial', 'lock')).then(async () =>
          spawnAirkit(site, ['pack', '-o', 'busy', '--json']),
        );
      },
    });
    const late = await (second ?? Promise.reject(new Error('the first pack did not start')));
    expect(first.code).toBe(0);
    expect(late.code).toBe(2);
    expect(documentOf(late).error?.code).toMatch(/^OUTPUT_(BUSY|EXISTS)$/);
  });
});
