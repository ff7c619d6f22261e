import { readFile, stat, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { sumFile } from '../../src/archive/sums.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkitJson } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  for (const name of ['airkit-one', 'airkit-two', 'other']) await writeFile(site.path(name), name);
});

async function packWith(output: string, ...flags: string[]): Promise<[number | null, unknown]> {
  const { code, document } = await airkitJson(site, ['pack', '-o', output, ...flags]);
  return [code, document.error?.code];
}

test('pack --with-loader copies executables into the kit, with sums', async () => {
  const flags = ['--with-loader', 'airkit-one,./airkit-two'];
  expect(await packWith('kit', ...flags)).toEqual([0, undefined]);
  const sums = await readFile(site.path('kit', 'SHA256SUMS'), 'utf8');
  for (const name of ['airkit-one', 'airkit-two']) {
    const copy = site.path('kit', name);
    expect(await readFile(copy, 'utf8')).toBe(name);
    expect((await stat(copy)).mode & 0o777).toBe(0o755);
    expect(sums).toContain(`${await sumFile(copy)}  ${name}\n`);
  }
  const { code, document } = await airkitJson(site, ['verify', 'kit', '--allow-unsigned']);
  expect(code).toBe(0);
  expect(JSON.stringify(document)).not.toContain('airkit-one');
});

test.each(['linux-nothing', 'missing/airkit-x', 'other', 'airkit-one,./airkit-one', '.'])(
  'pack --with-loader %s is refused before anything is written',
  async (loaders) => {
    expect(await packWith('refused', '--with-loader', loaders)).toEqual([2, 'USAGE']);
    await expect(stat(site.path('refused.partial'))).rejects.toThrow();
  },
);
