import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lock, pack } from '../../src/index.ts';
import { parseLockFile } from '../../src/spec/parse-lock-file.ts';
import { writeBundles } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { makeRegistrySite, packed, registryBundle, type RegistrySite } from './support/locks.ts';

const folder = useTempFolder();
let world: RegistrySite;

beforeEach(async () => {
  world = await makeRegistrySite(await folder.fresh());
  await lock(world.site.host);
});

afterEach(async () => {
  await world.registry.stop();
});

/** What each name is locked to: the position of its root, of all selectors of the bundle. */
async function locked(): Promise<Record<string, number>> {
  const path = world.site.path('bundles.lock.json');
  const { bundles } = parseLockFile(await readFile(path, 'utf8'), { path });
  const images = bundles.flatMap(({ selectors }) => selectors.flatMap((one) => one.images));
  return Object.fromEntries(
    images.map(({ reference, identity }) => [
      reference.slice(`${world.registry.host}/acme/`.length),
      world.roots.findIndex(
        ({ descriptor }) => 'root' in identity && identity.root === descriptor.digest,
      ),
    ]),
  );
}

function moveAll(): void {
  const { registry, roots } = world;
  for (const tag of ['v1', 'v2', 'v3']) registry.put('acme/api', tag, roots[2]);
  registry.put('acme/web', '1', roots[2]);
}

test.each([
  [['*:v1'], { 'api:v1': 2, 'api:v2': 1, 'web:1': 1 }],
  [['acme/api'], { 'api:v1': 2, 'api:v2': 2, 'api:v3': 2, 'web:1': 1 }],
  [['*web*', '*:v3'], { 'api:v1': 0, 'api:v2': 1, 'api:v3': 2, 'web:1': 2 }],
  [['*'], { 'api:v1': 2, 'api:v2': 2, 'api:v3': 2, 'web:1': 2 }],
])('--update %s renews what matches, and keeps the rest', async (update, expected) => {
  expect(await locked()).toEqual({ 'api:v1': 0, 'api:v2': 1, 'web:1': 1 });
  moveAll();
  await lock(world.site.host, { update });
  expect(await locked()).toEqual(expected);
  const { roots } = await packed(world.site, 'kit');
  expect(Object.keys(roots)).toHaveLength(Object.keys(expected).length);
});

test('a name that is gone is dropped when it is meant, and kept when it is not', async () => {
  const { registry, site } = world;
  moveAll();
  registry.repositories.get('acme/api')?.tags.delete('v2');
  await lock(site.host, { update: ['*:v1'] });
  expect(await locked()).toEqual({ 'api:v1': 2, 'api:v2': 1, 'web:1': 1 });
  await lock(site.host, { update: ['*:v2'] });
  expect(await locked()).toEqual({ 'api:v1': 2, 'web:1': 1 });
});

test('a name that must be there and is gone is kept until it is meant', async () => {
  const { registry, site } = world;
  moveAll();
  registry.repositories.get('acme/web')?.tags.delete('1');
  await expect(lock(site.host)).rejects.toMatchObject({ code: 'NO_MATCH' });
  await lock(site.host, { update: ['*:v1'] });
  expect(await locked()).toEqual({ 'api:v1': 2, 'api:v2': 1, 'web:1': 1 });
  const meant = lock(site.host, { update: ['*web*'] });
  await expect(meant).rejects.toMatchObject({
    code: 'NO_MATCH',
    context: { path: site.path('bundles.yaml') },
  });
});

test('a pattern that matches nothing is an error, and nothing is written', async () => {
  moveAll();
  const renewed = lock(world.site.host, { update: ['*:v1', '*none*'] });
  await expect(renewed).rejects.toMatchObject({ code: 'NO_MATCH', context: { pattern: '*none*' } });
  expect(await locked()).toEqual({ 'api:v1': 0, 'api:v2': 1, 'web:1': 1 });
});

test('a selector that is new keeps what others of its source had locked', async () => {
  const { registry, site } = world;
  moveAll();
  const images = [
    { from: `registry://${registry.host}`, include: ['acme/api:{v1,v3}'] },
    { from: 'registry', include: [`${registry.host}/acme/web:1`] },
  ];
  await writeBundles(site.path('bundles.yaml'), [registryBundle(registry, { images })]);
  await lock(site.host, { update: ['*:v3'] });
  expect(await locked()).toEqual({ 'api:v1': 0, 'api:v3': 2, 'web:1': 1 });
  expect(await pack(site.host, { lock: 'required' })).toHaveLength(1);
});

test('needs a lock', async () => {
  const renewed = lock(world.site.host, { file: 'bundles.yaml', update: ['*'] });
  await expect(renewed).resolves.toMatchObject({ isWritten: false });
  await writeBundles(world.site.path('other.yaml'), [registryBundle(world.registry)]);
  const other = lock(world.site.host, { file: 'other.yaml', update: ['*'] });
  await expect(other).rejects.toMatchObject({ code: 'LOCK_STALE' });
});
