import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { history, load, rollback } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { makeTwoKitSite } from './support/load-kit.ts';
import type { Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeEach(async () => {
  site = await makeTwoKitSite(await folder.fresh());
});

function receipts(): string {
  return site.path('home', 'state', 'airkit', 'receipts');
}

async function loadHere(kit: string): Promise<string> {
  const options = { to: 'oci:restored', trust: ['release.pub'] };
  return (await load(site.host, kit, options)).receipt ?? '';
}

describe('history', () => {
  test('lists receipts, newest first, with what became of the images', async () => {
    const first = await loadHere('other');
    const second = await loadHere('kit');
    const { receipt: third } = await rollback(site.host, second);
    const listed = await history(site.host);
    expect(listed).toMatchObject({
      folder: receipts(),
      warnings: [],
      receipts: [
        { path: third, kind: 'rollback', counts: { removed: 2, restored: 1 } },
        { path: second, kind: 'load', targets: ['oci:restored'], counts: { loaded: 3 } },
        { path: first, kind: 'load', status: 'done', operator: 'tester', counts: { loaded: 1 } },
      ],
    });
  });

  test('of files that are no receipts warns, and goes on', async () => {
    const path = await loadHere('kit');
    await writeFile(`${receipts()}/torn.json`, '{"mediaType":');
    await writeFile(`${receipts()}/other.json`, '{"name":"x"}');
    await writeFile(`${receipts()}/20261121-load.txt`, 'written by another tool');
    const { receipts: listed, warnings } = await history(site.host);
    expect(listed.map((one) => one.path)).toEqual([path]);
    expect(warnings.map(({ subject }) => subject)).toEqual(['other.json', 'torn.json']);
  });

  test.each([
    ['removed', async (path: string) => rm(path)],
    [
      'changed',
      async (path: string) => {
        const text = await readFile(path, 'utf8');
        await writeFile(path, text.replace('tester', 'nobody'));
      },
    ],
  ])('shows that a receipt was %s', async (_, change) => {
    const first = await loadHere('kit');
    const second = await loadHere('kit');
    await change(first);
    const { warnings } = await history(site.host);
    expect(warnings).toMatchObject([{ code: 'CHAIN_BROKEN', subject: second }]);
    expect(warnings[0]?.message).toContain(basename(first));
  });

  test('of loads that ran at once is whole', async () => {
    const runs = ['a', 'b', 'c'].map(async (name) =>
      load(site.host, 'kit', { to: `oci:${name}`, trust: ['release.pub'] }),
    );
    const paths = (await Promise.all(runs)).map(({ receipt }) => receipt);
    const { receipts: listed, warnings } = await history(site.host);
    expect(new Set(listed.map(({ path }) => path))).toEqual(new Set(paths));
    expect(warnings).toEqual([]);
  });

  test('on the command line is data on stdout', async () => {
    const { code, stdout } = await airkit(site, ['history', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, receipts: expect.any(Array) });
  });
});
