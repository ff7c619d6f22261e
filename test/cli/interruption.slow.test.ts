import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { writeBigLayout } from './support/big-layout.ts';
import { documentOf, spawnAirkit } from './support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigLayout(site.path('layout'), { layers: 6, bytesEach: 8_000_000 });
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
      expect(existsSync(site.path(`${output}.partial.lock`))).toBe(false);
      await pack(site.host, { output });
      expect(existsSync(site.path(output, 'SHA256SUMS'))).toBe(true);
      expect(existsSync(site.path(`${output}.partial`))).toBe(false);
    },
  );
});
