import { readdir, utimes, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { docker25Files } from '../support/archive-builder.ts';
import { buildImage, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  const image = await buildImage({ names: ['redis:7'], layers: [1, 4] });
  await writeFile(site.path('saved.tar'), await tarOf(docker25Files([image])));
  const selector = { from: 'docker-archive:saved.tar', include: ['*'] };
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images: [selector] })]);
});

test('an empty cache lists nothing, and prune removes nothing', async () => {
  for (const args of [['list'], ['prune'], ['prune', '--all']]) {
    const { code, document } = await airkitJson(site, ['cache', ...args]);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      schemaVersion: 1,
      folder: site.path('home', 'cache', 'airkit'),
      entries: [],
      bytes: 0,
    });
  }
});

test('list tells what packing left there, prune removes what was not used for long', async () => {
  await pack(site.host, {});
  const { document } = await airkitJson(site, ['cache', 'list']);
  const entries: { path: string; kind: string; size: number }[] = JSON.parse(
    JSON.stringify(document['entries']),
  );
  expect(entries.filter(({ kind }) => kind === 'blob').length).toBeGreaterThanOrEqual(2);
  expect(document['bytes']).toBe(entries.reduce((sum, { size }) => sum + size, 0));

  expect((await airkitJson(site, ['cache', 'prune'])).document).toMatchObject({ entries: [] });
  const [old] = entries;
  const longAgo = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);
  await utimes(site.path('home', 'cache', 'airkit', old?.path ?? ''), longAgo, longAgo);
  const kept = await airkitJson(site, ['cache', 'prune', '--unused-days', '41']);
  expect(kept.document).toMatchObject({ entries: [] });
  const pruned = await airkitJson(site, ['cache', 'prune', '--unused-days', '39']);
  expect(pruned.document).toMatchObject({ entries: [{ path: old?.path }], bytes: old?.size });
});

test('prune --all empties it, and packing again gives the same archive', async () => {
  const [before] = await pack(site.host, { output: 'before' });
  const { code, stdout } = await airkit(site, ['cache', 'prune', '--all']);
  expect(code).toBe(0);
  expect(stdout).not.toBe('');
  const { document } = await airkitJson(site, ['cache', 'list']);
  expect(document).toMatchObject({ entries: [], bytes: 0 });
  const [after] = await pack(site.host, { output: 'after' });
  expect(after?.archiveSha256).toBe(before?.archiveSha256);
  expect(await readdir(site.path('after'))).toEqual(await readdir(site.path('before')));
});
