import { existsSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { history, load as loadKitHere, pack, sign } from '../../src/index.ts';
import { hexOf, type Digest } from '../../src/oci/digest.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startRegistry } from '../unit/registry/registry-world.ts';
import { damagedCopy } from './support/damaged-kit.ts';
import { loadKit, rootsIn, type Loaded } from './support/load-kit.ts';
import type { Site } from './support/site.ts';
import { ALL, APP, indexOf, makeThinSite, MULTI, NEW } from './support/thin-kits.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeThinSite(await folder.fresh());
});

const load = async (kit: string, ...flags: string[]): Promise<Loaded> =>
  loadKit(site, kit, ...flags);

async function rootsOfKit(kit: string): Promise<Record<string, string>> {
  const { images } = await indexOf(site, kit);
  return Object.fromEntries(images.map(({ reference, root }) => [reference, root.digest]));
}

async function layersOfApp(): Promise<Digest[]> {
  const { images } = await indexOf(site, 'full');
  const app = images.find(({ reference }) => reference === APP);
  return (app?.manifests[0]?.layers ?? []).map(({ descriptor }) => descriptor.digest);
}

async function hasAllLayers(layout: string): Promise<boolean> {
  const { images } = await indexOf(site, 'full');
  const layers = images.flatMap(({ manifests }) => manifests.flatMap((one) => one.layers));
  return layers.every(({ descriptor: { digest } }) =>
    existsSync(site.path(layout, 'blobs', 'sha256', hexOf(digest))),
  );
}

describe('a thin kit', () => {
  test('with its base gives what the full kit gives', async () => {
    const { code, results } = await load('thin', '--base', 'base', '--to', 'oci:joined');
    expect([code, results]).toEqual([0, ALL.map((name) => `${name} loaded`)]);
    expect(await rootsIn(site.path('joined'))).toEqual(await rootsOfKit('full'));
    expect(await hasAllLayers('joined')).toBe(true);
  });

  test('takes the rest from the target itself', async () => {
    await load('base', '--to', 'oci:grown');
    const { code, document } = await load('thin', '--to', 'oci:grown', '--keep-going');
    expect([code, document['inventories']]).toEqual([0, []]);
    expect(await rootsIn(site.path('grown'))).toMatchObject(await rootsOfKit('full'));
    expect(await hasAllLayers('grown')).toBe(true);
  });

  test('goes into a registry that has the rest', async () => {
    const registry = await startRegistry();
    const there = `registry://${registry.host}`;
    await load('base', '--to', there);
    const { code, results } = await load('thin', '--to', there);
    expect([code, results]).toEqual([
      0,
      [`${APP} loaded`, `${MULTI} already-present`, `${NEW} loaded`],
    ]);
    const repository = registry.repositories.get('acme/app');
    for (const digest of await layersOfApp()) expect(repository?.blobs.has(digest)).toBe(true);
  });

  test('is mounted from another repository of the load', async () => {
    const registry = await startRegistry();
    const there = `registry://${registry.host}`;
    const only = ['--include', 'acme/app:*'];
    await load('base', '--to', there, ...only, '--rename', 'docker.io/acme/app:1=library/redis:1');
    const { code } = await load('thin', '--to', there, '--exclude', 'acme/multi*');
    expect(code).toBe(0);
    const repository = registry.repositories.get('acme/app');
    for (const digest of await layersOfApp()) expect(repository?.blobs.has(digest)).toBe(true);
  });

  test('without the rest names image, layers and base before anything is sent', async () => {
    const { code, document } = await load('thin', '--to', 'oci:empty', '--receipt', 'no.json');
    expect([code, document.error?.code]).toEqual([2, 'BASE_MISSING']);
    const { absent, bases } = await indexOf(site, 'thin');
    const told = `${document.error?.message} ${document.error?.hint}`;
    for (const text of [APP, MULTI, ...absent.map(({ digest }) => digest), 'demo 1.0'])
      expect(told).toContain(text);
    expect(told).toContain(bases?.[0]?.digest);
    expect(document.error?.problems?.map(({ subject }) => subject)).toEqual([APP, MULTI]);
    expect([existsSync(site.path('empty')), existsSync(site.path('no.json'))]).toEqual([
      false,
      false,
    ]);
  });

  test('is refused by a dry run too', async () => {
    const { code, document } = await load('thin', '--to', 'oci:dry', '--dry-run');
    expect([code, document.error?.code]).toEqual([2, 'BASE_MISSING']);
  });

  test('loads without it what needs no base', async () => {
    const { code, results } = await load('thin', '--to', 'oci:some', '--include', 'redis:7');
    expect([code, results]).toEqual([0, [`${NEW} loaded`]]);
  });
});

describe('--keep-going', () => {
  test('loads the complete images and takes an inventory for the next pack', async () => {
    const flags = ['--to', 'oci:partly', '--keep-going', '--receipt', 'partly.json'];
    const { code, results, document } = await load('thin', ...flags);
    expect(code).toBe(5);
    expect(results).toEqual([`${APP} failed`, `${MULTI} failed`, `${NEW} loaded`]);
    expect(Object.keys(await rootsIn(site.path('partly')))).toEqual([NEW]);
    const path = site.path('partly.inventory.json');
    expect(document['inventories']).toEqual([{ target: 'oci:partly', path }]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      images: [{ reference: NEW }],
    });
    const receipt: unknown = JSON.parse(await readFile(site.path('partly.json'), 'utf8'));
    expect(receipt).toMatchObject({ results: [{ status: 'failed' }, { status: 'failed' }, {}] });
    const base = [path];
    const [next] = await pack(site.host, {
      file: 'next.yaml',
      output: 'rest',
      base,
      key: 'env:RELEASE_KEY',
    });
    expect(next?.plan.leftOut).toHaveLength(1);
    const rest = await load('rest', '--to', 'oci:partly');
    expect([rest.code, await rootsIn(site.path('partly'))]).toEqual([0, await rootsOfKit('full')]);
  });

  test('does not take inventories for receipts', async () => {
    const choice = { trust: ['release.pub'], to: 'oci:kept', keepGoing: true };
    const { receipt, inventories } = await loadKitHere(site.host, 'thin', choice);
    expect(inventories).toHaveLength(1);
    const { receipts, warnings } = await history(site.host);
    expect([receipts.map(({ path }) => path), warnings]).toEqual([[receipt], []]);
  });
});

describe('bases that are not what they should be', () => {
  test('a damaged one is noticed while its layers stream', async () => {
    const damage = { reference: MULTI, part: 'layer' } as const;
    await damagedCopy(site.path('base'), site.path('torn'), damage);
    const { code, document } = await load('thin', '--base', 'torn', '--to', 'oci:torn-store');
    expect([code, document.error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
    expect(await rootsIn(site.path('torn-store'))).toEqual({});
  });

  test('with --keep-going the damage stays with the images that need it', async () => {
    const flags = ['--base', 'torn', '--to', 'oci:torn-partly', '--keep-going'];
    const { code, results } = await load('thin', ...flags);
    expect([code, results]).toEqual([5, [`${APP} loaded`, `${MULTI} failed`, `${NEW} loaded`]]);
  });

  test.each([
    ['signed by nobody who is trusted', { key: 'env:OTHER_KEY' }],
    ['not signed', {}],
  ])('one that is %s is refused', async (_, key) => {
    await pack(site.host, { file: 'base.yaml', output: 'strange', force: true, ...key });
    const { code, document } = await load('thin', '--base', 'strange', '--to', 'oci:untouched');
    expect([code, document.error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
    expect(existsSync(site.path('untouched'))).toBe(false);
  });

  test('one that too few have signed is refused with --threshold', async () => {
    await cp(site.path('thin'), site.path('thin-by-two'), { recursive: true });
    await sign(site.host, 'thin-by-two', { key: 'env:OTHER_KEY' });
    const two = ['--trust', 'other.pub', '--threshold', '2'];
    const alone = await load('thin-by-two', ...two, '--to', 'oci:few', '--include', 'redis:7');
    expect(alone.code).toBe(0);
    const { code, document } = await load(
      'thin-by-two',
      ...two,
      '--base',
      'base',
      '--to',
      'oci:few',
    );
    expect([code, document.error?.problems?.map((one) => one.code)]).toEqual([
      4,
      ['TOO_FEW_SIGNERS'],
    ]);
  });
});
