import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspect, plan } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  startTestRegistry,
  type RegistrySwitches,
  type TestRegistry,
} from '../support/test-registry.ts';
import { verifyReleased } from './support/kit-editor.ts';
import {
  expectedList,
  listedIn,
  REPOSITORY,
  type AddedReferrer,
} from './support/referrer-world.ts';
import { makeSignedSite, namesOf, type SignedSite } from './support/signed-site.ts';

const folder = useTempFolder();
const running: TestRegistry[] = [];
let world: SignedSite;

beforeAll(async () => {
  world = await makeSignedSite(await folder.fresh());
  running.push(world.source);
}, 60_000);

afterAll(async () => {
  await Promise.all(running.map(async (one) => one.stop()));
});

async function target(switches: RegistrySwitches = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry({ refuseSparse: true, ...switches });
  running.push(registry);
  return registry;
}

/** Without those of arm64. */
function ofOnePlatform(): AddedReferrer[] {
  const { referrers, platforms } = world.image;
  return referrers.filter(({ subject }) => subject.digest !== platforms[1]?.digest);
}

const selector = (more: object = {}): object => ({
  from: 'registry',
  include: [`${world.source.host}/${REPOSITORY}:1`],
  ...more,
});

describe('a kit', () => {
  test('has the referrers of all that it carries, whole, and names them in bundle.json only', async () => {
    const { image, site } = world;
    expect(await world.listedIn('kit')).toEqual(namesOf(image.referrers));
    expect(await world.listedIn('one')).toEqual(namesOf(ofOnePlatform()));
    for (const kit of ['kit', 'one']) {
      expect((await verifyReleased(site, site.path(kit), 'deep')).findings).toEqual([]);
      const { members } = await world.indexOf(kit);
      const held = new Set(members.map(({ sha256 }) => `sha256:${sha256}`));
      const blobs = (kit === 'kit' ? image.referrers : ofOnePlatform()).flatMap(({ root }) =>
        Array.from(root.blobs.keys()),
      );
      expect(blobs.filter((digest) => !held.has(digest))).toEqual([]);
      const table = await readFile(site.path(kit, 'images.txt'), 'utf8');
      expect(table.trim().split('\n')).toHaveLength(kit === 'kit' ? 2 : 1);
    }
  });

  test('has the same bytes whatever the order of the list, by API or by tag', async () => {
    const first = (await world.pack('again')).archiveSha256;
    const { switches } = world.source;
    const ways: RegistrySwitches[] = [
      { referrers: { list: (_, honest) => honest.toReversed() } },
      { referrers: undefined },
      { referrers: {}, pageSize: 1 },
    ];
    for (const way of ways) {
      Object.assign(switches, way);
      expect((await world.pack('again')).archiveSha256).toBe(first);
    }
    Object.assign(switches, { referrers: {}, pageSize: undefined });
  });

  test('is planned exactly, with every referrer', async () => {
    const packed = await world.pack('planned');
    const { site } = world;
    const [planned] = await plan(site.host, { file: 'planned.yaml', output: 'planned' });
    expect(planned?.plan.totals).toEqual(packed.plan.totals);
    expect(planned?.plan.images[0]?.referrers).toHaveLength(world.image.referrers.length);
    const tables = await Promise.all(
      ['bundle.json', 'images.txt', 'load.sh', 'SHA256SUMS'].map(async (name) =>
        readFile(site.path('planned', name)),
      ),
    );
    const bytes = tables.reduce((sum, { byteLength }) => sum + byteLength, packed.archiveBytes);
    expect(planned?.kit).toEqual({ kind: 'exact', bytes });
  });

  test('shows them when it is inspected', async () => {
    const { images } = await inspect(world.site.host, 'kit');
    expect(images[0]?.referrers).toHaveLength(world.image.referrers.length);
    expect(images[0]?.referrers).toContainEqual(
      expect.objectContaining({ artifactType: 'application/spdx+json' }),
    );
  });

  test('takes them where one of two selectors of an image asks for them', async () => {
    for (const first of [true, false]) {
      await world.pack('twice', [selector({ referrers: first }), selector({ referrers: !first })]);
      expect(await world.listedIn('twice')).toEqual(namesOf(world.image.referrers));
    }
  });

  test('says so where nothing refers to an image', async () => {
    world.source.put('acme/plain', '1', world.image.root);
    const include = [`${world.source.host}/acme/plain:1`];
    const { warnings } = await world.pack('plain', [selector({ include, referrers: true })]);
    expect(warnings).toHaveLength(1);
    expect(await world.listedIn('plain')).toEqual(new Set());
  });
});

describe('loaded into a registry', () => {
  test.each([{}, { referrers: {} }])('each digest is the same, and found: %o', async (switches) => {
    const { image } = world;
    const registry = await target(switches);
    const results = await world.load(`registry://${registry.host}/mirror`);
    expect(results).toMatchObject([{ status: 'loaded', after: image.root.descriptor.digest }]);
    expect(results[0]?.message).toBeUndefined();
    const repository = registry.repositories.get(`mirror/${REPOSITORY}`);
    for (const { root, subject, tag } of image.referrers) {
      const { digest } = root.descriptor;
      expect(repository?.manifests.get(digest)?.bytes).toEqual(root.blobs.get(digest));
      if (tag !== undefined) expect(repository?.tags.get(tag)).toBe(digest);
      expect(new Set(await listedIn(registry, `mirror/${REPOSITORY}`, subject))).toEqual(
        new Set(expectedList(image.referrers, subject)),
      );
    }
    expect(await world.load(`registry://${registry.host}/mirror`)).toMatchObject([
      { status: 'already-present' },
    ]);
  });

  test('with one platform only, those of the index are told to stay behind', async () => {
    const registry = await target({ referrers: {} });
    const { root, platforms, referrers } = world.image;
    const [result] = await world.load(`registry://${registry.host}`, 'one', 'strip');
    const [amd64 = root.descriptor] = platforms;
    expect(result).toMatchObject({ status: 'loaded', after: amd64.digest });
    expect(result?.message).toContain('5 of 7 referrers');
    expect(await listedIn(registry, REPOSITORY, root.descriptor)).toEqual([]);
    expect(await listedIn(registry, REPOSITORY, amd64)).toEqual(expectedList(referrers, amd64));
  });
});
