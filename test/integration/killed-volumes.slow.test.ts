/** A pack into volumes that SIGKILL ended goes on, also when the archive is to be cut otherwise. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { spawnAirkit } from '../cli/support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;
let sha256: string | undefined;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigLayout(site.path('layout'), { layers: 10, bytesEach: 6_000_000 });
  await writeBundles(site.path('bundles.yaml'));
  const [kit] = await pack(site.host, {});
  sha256 = kit?.archiveSha256;
});

/** Lines of the journal: the key, then a blob each. */
async function journalOf(output: string): Promise<string[]> {
  const text = await readFile(site.path(`${output}.partial`, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

async function killPack(output: string, ...flags: string[]): Promise<void> {
  const { code } = await spawnAirkit(site, ['pack', '-o', output, ...flags], {
    started: async (child) => {
      while (child.exitCode === null && (await journalOf(output)).length < 6) await sleep(2);
      child.kill('SIGKILL');
    },
  });
  expect(code).toBeNull();
}

test.each([
  ['10MB', '10MB', 10_000_000],
  ['10MB', '7MB', 7_000_000],
  ['10MB', undefined, Number.POSITIVE_INFINITY],
  [undefined, '10MB', 10_000_000],
])('begun in volumes of %s, ended in volumes of %s', async (before, after, bytes) => {
  const output = `from-${before}-to-${after}`;
  await killPack(output, ...(before === undefined ? [] : ['--volume-size', before]));
  const [kit] = await pack(site.host, { output, volumeSize: after });
  expect(kit?.archiveSha256).toBe(sha256);
  const total = kit?.archiveBytes ?? 0;
  const count = Number.isFinite(bytes) ? Math.ceil(total / bytes) : 0;
  expect(kit?.volumes).toHaveLength(count);
  const files = await readdir(site.path(output));
  expect(files.filter((name) => name.startsWith('bundle.tar'))).toHaveLength(Math.max(1, count));
  expect(files.filter((name) => !/^(bundle\.|images|load|SHA256SUMS)/.test(name))).toEqual([]);
});
