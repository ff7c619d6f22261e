/** Clocks that are wrong, and clocks that jump in the middle of a run: `faketime`, for the processes that a test starts. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { documentOf, spawnAirkit, type JsonDocument } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { examineFolder, filesIn, type Examination } from './support/examine.ts';
import { note } from './support/ledger.ts';
import { makeFaultSite } from './support/operations.ts';

const folder = useTempFolder();
const LIBRARY = libraryOf('libfaketimeMT.so.1');
const REASON = LIBRARY === undefined ? ' [skipped: faketime is not installed]' : '';
const describeWithClock =
  LIBRARY === undefined && process.env['AIRKIT_REQUIRE_ENGINES'] !== '1' ? describe.skip : describe;
const CLOCKS = [
  '1970-01-02 00:00:00',
  '2001-09-09 01:46:40',
  '2038-01-19 03:14:08',
  '2099-12-31 23:59:59',
];

function libraryOf(name: string): string | undefined {
  if (spawnSync('faketime', ['--version'], { stdio: 'ignore' }).error !== undefined)
    return undefined;
  const base = '/usr/lib';
  const folders = ['', ...readdirSync(base)].map((part) => join(base, part, 'faketime'));
  return folders
    .map((one) => join(one, name))
    .find((path) => spawnSync('test', ['-f', path]).status === 0);
}

/** Only the calendar is wrong: timers go on as ever. */
function clockAt(time: string): { readonly [name: string]: string; readonly FAKETIME: string } {
  return {
    LD_PRELOAD: LIBRARY ?? '',
    FAKETIME: `@${time}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    TZ: 'UTC',
  };
}

/** The clock that a file says at each moment. */
function clockOf(path: string): Record<string, string> {
  const { FAKETIME: _, ...rest } = clockAt('');
  return { ...rest, FAKETIME_TIMESTAMP_FILE: path, FAKETIME_NO_CACHE: '1' };
}

async function run(
  site: Site,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; document: JsonDocument }> {
  const outcome = await spawnAirkit(site, [...args, '--json'], { env });
  return { code: outcome.code, document: documentOf(outcome) };
}

describeWithClock(`a clock that is wrong${REASON}`, () => {
  let site: Site;
  let wanted: Examination;
  beforeAll(async () => {
    site = await makeFaultSite(await folder.fresh());
    wanted = await examineFolder(site.path('kit'));
    await writeBundles(site.path('expiring.yaml'), [
      demoBundle({ expires: '2027-06-30', output: { path: 'expiring' } }),
    ]);
    expect(await run(site, ['pack', 'expiring.yaml'])).toMatchObject({ code: 0 });
  });

  test.each(CLOCKS)(
    'at %s changes no byte of a kit, with a cache of another time',
    async (time) => {
      const { code, document } = await run(site, ['pack', '-o', 'out'], clockAt(time));
      note({ fault: 'wrong clock', during: 'pack' });
      expect({ code, error: document.error }).toEqual({ code: 0, error: undefined });
      expect((await examineFolder(site.path('out'))).files).toEqual(wanted.files);
      await rm(site.path('out'), { recursive: true });
    },
  );

  test.each([
    ['1970-01-02 00:00:00', 0],
    ['2027-06-30 12:00:00', 0],
    ['2027-07-02 00:00:00', 4],
    ['2099-12-31 23:59:59', 4],
  ])('at %s decides whether a kit has expired: exit %i', async (time, code) => {
    const outcome = await run(site, ['verify', 'expiring', '--allow-unsigned'], clockAt(time));
    note({
      fault: 'wrong clock',
      during: 'verify',
      wrongAccepts: code === 4 && outcome.code === 0 ? 1 : 0,
    });
    expect(outcome.code).toBe(code);
    const loading = [
      'load',
      'expiring',
      '--allow-unsigned',
      '--to',
      'oci:loaded',
      '--receipt',
      'r.json',
    ];
    const loaded = await run(site, loading, clockAt(time));
    expect(loaded.code).toBe(code);
    await rm(site.path('loaded'), { recursive: true, force: true });
  });

  test('that goes back leaves every receipt, and each names the one before it', async () => {
    const receipts: string[] = [];
    for (const [position, time] of [
      '2031-01-01 00:00:00',
      '2030-01-01 00:00:00',
      '1999-01-01 00:00:00',
    ].entries()) {
      const loading = [
        'load',
        'kit',
        '--allow-unsigned',
        '--to',
        `oci:loaded-${position}`,
        '--receipt',
        `receipts/${position}.json`,
      ];
      const { code } = await run(site, loading, clockAt(time));
      note({ fault: 'wrong clock', during: 'load' });
      expect(code).toBe(0);
      receipts.push(await readFile(site.path('receipts', `${position}.json`), 'utf8'));
    }
    expect((await readdir(site.path('receipts'))).toSorted()).toEqual([
      '0.json',
      '1.json',
      '2.json',
    ]);
    for (const [position] of receipts.entries()) {
      const { code } = await run(
        site,
        ['rollback', `receipts/${position}.json`, '--receipt', `back-${position}.json`],
        clockAt('1980-01-01 00:00:00'),
      );
      expect(code).toBe(0);
    }
  });

  test('prunes of the cache at worst too much, never what is needed for the same bytes', async () => {
    const cache = site.path('home', 'cache', 'airkit');
    const files = await filesIn(cache);
    expect(files.length).toBeGreaterThan(0);
    const used = new Date('2050-01-01');
    for (const path of files) await utimes(path, used, used);
    const removed = await run(site, ['cache', 'prune'], clockAt('2026-01-01 00:00:00'));
    expect(removed).toMatchObject({ code: 0, document: { entries: [] } });
    const all = await run(site, ['cache', 'prune'], clockAt('2051-01-01 00:00:00'));
    expect(all.document['entries']).toHaveLength(files.length);
    note({ fault: 'wrong clock', during: 'cache prune', count: 2 });
    expect(await run(site, ['pack', '-o', 'again'])).toMatchObject({ code: 0 });
    expect((await examineFolder(site.path('again'))).files).toEqual(wanted.files);
  });
});

describeWithClock(`a clock that jumps during a run${REASON}`, () => {
  let site: Site;
  const clock = (): string => site.path('clock');
  beforeAll(async () => {
    site = await makeSite(await folder.fresh());
    await writeBigLayout(site.path('layout'), { layers: 6, bytesEach: 6_000_000 });
    await writeBundles(site.path('bundles.yaml'));
    expect(await run(site, ['pack'])).toMatchObject({ code: 0 });
  });
  beforeEach(async () => rm(site.path('out'), { recursive: true, force: true }));

  test.each([
    ['ten years on', '2036-01-01 00:00:00'],
    ['ten years back', '2016-01-01 00:00:00'],
    ['to the beginning', '1970-01-01 00:00:01'],
  ])('%s changes nothing', async (_, time) => {
    for (const args of [
      ['pack', '-o', 'out'],
      ['load', 'kit', '--allow-unsigned', '--to', 'oci:loaded', '--receipt', 'r.json'],
    ]) {
      await writeFile(clock(), '@2026-01-01 00:00:00');
      const env = clockOf(clock());
      const outcome = await spawnAirkit(site, [...args, '--json'], {
        env,
        started: async (child) => {
          await sleep(300);
          child.kill('SIGSTOP');
          await writeFile(clock(), `@${time}`);
          child.kill('SIGCONT');
        },
      });
      note({ fault: 'clock jumps', during: args[0] ?? '' });
      expect({ code: outcome.code, error: documentOf(outcome).error }).toEqual({
        code: 0,
        error: undefined,
      });
    }
    const [made, wanted] = [
      await examineFolder(site.path('out')),
      await examineFolder(site.path('kit')),
    ];
    expect(made.files).toEqual(wanted.files);
    await rm(site.path('loaded'), { recursive: true });
  });
});
