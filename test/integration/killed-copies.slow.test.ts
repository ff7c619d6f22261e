/** A copy onto a medium, or a gathering, that SIGKILL ended goes on: what was complete stays, the rest comes anew. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { sumFile } from '../../src/archive/sums.ts';
import { copy, gather, pack } from '../../src/index.ts';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { spawnAirkit } from '../cli/support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const [FIRST, SECOND] = ['bundle.tar.001', 'bundle.tar.002'];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigLayout(site.path('layout'), { layers: 8, bytesEach: 16_000_000 });
  await writeBundles(site.path('bundles.yaml'));
  await pack(site.host, { output: 'kit', volumeSize: '24MB' });
});

/** Ends a command while it writes the second volume into a folder. */
async function killAtSecond(into: string, ...args: string[]): Promise<void> {
  const { code } = await spawnAirkit(site, args, {
    started: async (child) => {
      const unfinished = site.path(into, `.${SECOND}.airkit-copy`);
      while (child.exitCode === null && !existsSync(unfinished)) await sleep(1);
      child.kill('SIGKILL');
    },
  });
  expect(code).toBeNull();
  const files = await readdir(site.path(into));
  expect(files).toEqual(expect.arrayContaining([FIRST, `.${SECOND}.airkit-copy`]));
  expect(files).not.toContain(SECOND);
}

async function sumsOf(path: string): Promise<Record<string, string>> {
  const names = (await readdir(site.path(path))).toSorted();
  const sums = names.map(async (name) => [name, await sumFile(site.path(path, name))] as const);
  return Object.fromEntries(await Promise.all(sums));
}

test('copy', async () => {
  await mkdir(site.path('medium'));
  await killAtSecond('medium', 'copy', 'kit', 'medium');
  const { ino } = await stat(site.path('medium', FIRST));
  const [medium] = (await copy(site.host, { kit: 'kit', media: ['medium'] })).media;
  const statuses = medium?.files.filter(({ name }) => [FIRST, SECOND].includes(name));
  expect(statuses?.map(({ status }) => status)).toEqual(['already-present', 'copied']);
  expect((await stat(site.path('medium', FIRST))).ino).toBe(ino);
  expect(await sumsOf('medium')).toEqual(await sumsOf('kit'));
});

test('gather', async () => {
  await killAtSecond('joined.partial', 'gather', '--into', 'joined', '--allow-unsigned', 'kit');
  const { media } = await gather(site.host, ['kit'], { into: 'joined', allowUnsigned: true });
  expect(media[0]?.files).toContain(SECOND);
  expect(media[0]?.files).not.toContain(FIRST);
  expect(await sumsOf('joined')).toEqual(await sumsOf('kit'));
});
