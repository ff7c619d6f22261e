import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lock, pack, plan } from '../../src/index.ts';
import { writeBundles } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  forget,
  listings,
  makeRegistrySite,
  packed,
  registryBundle,
  type RegistrySite,
} from './support/locks.ts';

const folder = useTempFolder();
let world: RegistrySite;

beforeEach(async () => {
  world = await makeRegistrySite(await folder.fresh());
});

afterEach(async () => {
  await world.registry.stop();
});

const comparison = async () => (await plan(world.site.host))[0]?.lock;
const lockText = async () => readFile(world.site.path('bundles.lock.json'), 'utf8');

describe('a pack with a lock', () => {
  test('gives the bytes of one without, and lists no names', async () => {
    const { site, registry } = world;
    const free = await packed(site, 'free');
    await lock(site.host);
    registry.seen.length = 0;
    const locked = await packed(site, 'locked');
    expect(locked).toEqual(free);
    expect(listings(registry)).toEqual([]);
    const byTag = registry.seen.filter(({ path }) => /manifests\/(?!sha256:)/.test(path));
    expect(byTag).toEqual([]);
  });

  test('gives the same bytes after tags moved, came and went', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    const before = await packed(site, 'before');
    registry.put('acme/api', 'v1', roots[2]);
    registry.put('acme/api', 'v3', roots[2]);
    registry.repositories.get('acme/web')?.tags.delete('1');
    expect(await packed(site, 'after')).toEqual(before);
    expect(before.roots['acme/api:v1']).toBe(roots[0].descriptor.digest);
    const images = [{ from: `registry://${registry.host}`, include: ['acme/api:v*'] }];
    await writeBundles(site.path('other.yaml'), [registryBundle(registry, { images })]);
    const free = await packed(site, 'free', { file: 'other.yaml' });
    expect(free.roots).toEqual({
      'acme/api:v1': roots[2].descriptor.digest,
      'acme/api:v2': roots[1].descriptor.digest,
      'acme/api:v3': roots[2].descriptor.digest,
    });
  });

  test('ignores the lock when told to', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    registry.put('acme/api', 'v1', roots[2]);
    const { roots: found } = await packed(site, 'kit', { lock: 'ignored' });
    expect(found['acme/api:v1']).toBe(roots[2].descriptor.digest);
  });

  test('fails when a locked digest is gone, naming each with its reference', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    registry.put('acme/api', 'v1', roots[2]);
    forget(registry, 'acme/api', roots[0]);
    forget(registry, 'acme/web', roots[1]);
    const { digest } = roots[0].descriptor;
    const reference = `${registry.host}/acme/api:v1`;
    for (const run of [pack, plan])
      await expect(run(site.host, { output: 'kit' })).rejects.toMatchObject({
        code: 'LOCK_STALE',
        context: { reference, digest },
        problems: [
          { message: expect.stringContaining(digest), line: expect.any(Number) },
          { message: expect.stringContaining(`${registry.host}/acme/web:1`) },
        ],
      });
  });

  test('is carried out for the bundles that were asked for', async () => {
    const { site, registry } = world;
    const second = { name: 'second', output: { path: 'second' } };
    const bundles = [registryBundle(registry), registryBundle(registry, second)];
    await writeBundles(site.path('bundles.yaml'), bundles.slice(0, 1));
    await lock(site.host);
    await writeBundles(site.path('bundles.yaml'), bundles);
    expect(await pack(site.host, { bundles: ['demo'] })).toHaveLength(1);
    const all = pack(site.host, { force: true });
    await expect(all).rejects.toMatchObject({ code: 'LOCK_STALE' });
    await lock(site.host);
    registry.seen.length = 0;
    expect(await pack(site.host, { force: true })).toMatchObject([
      { lockedBy: site.path('bundles.lock.json') },
      { lockedBy: site.path('bundles.lock.json') },
    ]);
    expect(listings(registry)).toEqual([]);
  });
});

describe('a plan with a lock', () => {
  test('plans the locked images, and tells what moved, came and went', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    const path = site.path('bundles.lock.json');
    expect(await comparison()).toEqual({ path, moved: [], added: [], gone: [], notCompared: [] });
    registry.put('acme/api', 'v1', roots[2]);
    registry.put('acme/api', 'v3', roots[2]);
    registry.repositories.get('acme/web')?.tags.delete('1');
    const [{ plan: planned, lock: compared } = {}] = await plan(site.host);
    const digests = roots.map(({ descriptor }) => descriptor.digest);
    const from = `registry://${registry.host}`;
    const api = `${registry.host}/acme/api`;
    expect(planned?.images.map(({ root }) => root)).toEqual([digests[0], digests[1], digests[1]]);
    expect(compared).toEqual({
      path,
      moved: [{ reference: `${api}:v1`, from, locked: digests[0], now: digests[2] }],
      added: [{ reference: `${api}:v3`, from, now: digests[2] }],
      gone: [{ reference: `${registry.host}/acme/web:1`, from: 'registry', locked: digests[1] }],
      notCompared: [],
    });
  });

  test('is made although names cannot be listed any more', async () => {
    const { site, registry, roots } = world;
    const images = [
      { from: `registry://${registry.host}`, include: ['*/web:*'] },
      { from: 'registry', include: [`${registry.host}/acme/api:v1`] },
    ];
    await writeBundles(site.path('bundles.yaml'), [registryBundle(registry, { images })]);
    await lock(site.host);
    registry.switches.refuseCatalog = true;
    registry.put('acme/api', 'v1', roots[2]);
    expect(await comparison()).toMatchObject({
      moved: [{ reference: `${registry.host}/acme/api:v1` }],
      gone: [],
      notCompared: [{ from: `registry://${registry.host}`, message: expect.any(String) }],
    });
  });

  test('looks for no changes when there is no lock', async () => {
    expect(await comparison()).toBeUndefined();
    expect(listings(world.registry)).toHaveLength(1);
  });
});

describe('a lock', () => {
  test('is not touched when nothing has changed, and read without any blob', async () => {
    const { site, registry } = world;
    expect(await lock(site.host)).toMatchObject({ isWritten: true, bundles: [{ images: 3 }] });
    expect(
      registry.seen.filter(
        ({ method, path }) => method === 'GET' && !path.endsWith('/v2/') && !path.includes('tags'),
      ),
    ).toEqual([]);
    const before = await lockText();
    const none = { moved: [], added: [], gone: [] };
    expect(await lock(site.host)).toMatchObject({ isWritten: false, bundles: [none] });
    expect(await lockText()).toBe(before);
    expect(before).not.toContain(site.folder);
  });

  test('is sorted again when someone has merged it by hand', async () => {
    const { site } = world;
    await lock(site.host);
    const sorted = await lockText();
    await writeFile(site.path('bundles.lock.json'), JSON.stringify(JSON.parse(sorted)));
    const none = { moved: [], added: [], gone: [] };
    expect(await lock(site.host)).toMatchObject({ isWritten: true, bundles: [none] });
    expect(await lockText()).toBe(sorted);
  });

  test('tells what it changed', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    registry.put('acme/api', 'v1', roots[2]);
    registry.repositories.get('acme/api')?.tags.delete('v2');
    registry.put('acme/api', 'v3', roots[1]);
    const api = `${registry.host}/acme/api`;
    expect(await lock(site.host)).toMatchObject({
      isWritten: true,
      bundles: [
        {
          moved: [{ reference: `${api}:v1` }],
          added: [{ reference: `${api}:v3` }],
          gone: [{ reference: `${api}:v2` }],
        },
      ],
    });
  });

  test('is stale when a selector changed, and says where', async () => {
    const { site, registry } = world;
    await lock(site.host);
    const images = [
      { from: `registry://${registry.host}`, include: ['acme/api:v1'] },
      { from: 'registry', include: [`${registry.host}/acme/web:1`] },
    ];
    await writeBundles(site.path('bundles.yaml'), [registryBundle(registry, { images })]);
    await expect(pack(site.host, {})).rejects.toMatchObject({
      code: 'LOCK_STALE',
      context: { path: site.path('bundles.yaml'), line: 9, column: 9 },
      problems: [
        { subject: site.path('bundles.yaml'), line: 9 },
        { subject: site.path('bundles.lock.json') },
      ],
    });
    registry.seen.length = 0;
    await pack(site.host, {}).catch(() => undefined);
    expect(registry.seen).toEqual([]);
  });

  test('is stale for a bundle of another name, which is said once', async () => {
    const { site, registry } = world;
    await lock(site.host);
    await writeBundles(site.path('bundles.yaml'), [registryBundle(registry, { name: 'other' })]);
    await expect(pack(site.host, {})).rejects.toMatchObject({
      code: 'LOCK_STALE',
      problems: [{ message: expect.stringContaining('demo') }],
    });
  });

  test('stays good when selectors change places, and when version and renames change', async () => {
    const { site, registry, roots } = world;
    await lock(site.host);
    registry.put('acme/api', 'v1', roots[2]);
    const { images = [] } = registryBundle(registry);
    if (!Array.isArray(images)) throw new Error('no selectors');
    const rename = [{ from: '*/acme/web:1', to: 'web.local/web:1' }];
    const fields = { version: '2.0', images: images.toReversed(), rename };
    await writeBundles(site.path('bundles.yaml'), [registryBundle(registry, fields)]);
    const { roots: found } = await packed(site, 'kit', { lock: 'required' });
    expect(found).toMatchObject({
      'acme/api:v1': roots[0].descriptor.digest,
      'web.local/web:1': roots[1].descriptor.digest,
    });
  });
});
