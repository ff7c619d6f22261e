import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspect, load, pack, plan, type BundleIndex } from '../../src/index.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { REF_NAME } from '../../src/oci/layout-documents.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { fallbackIndex, referrerRoot, referrerTag } from '../support/referrer-builder.ts';
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
  registryWith,
  REPOSITORY,
  signedImage,
  type AddedReferrer,
  type SignedImage,
} from './support/referrer-world.ts';

const folder = useTempFolder();
const running: TestRegistry[] = [];
let site: Site;
let image: SignedImage;
let source: TestRegistry;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  image = await signedImage();
  source = await registryWith(image, { referrers: {} });
  await writeSelector('all.yaml');
  await writeSelector('one.yaml', { platforms: ['linux/amd64'] });
  await packInto('kit');
  await packInto('one', 'one.yaml');
});

afterAll(async () => {
  await Promise.all([source, ...running].map(async (one) => one.stop()));
});

async function writeSelector(file: string, more: object = {}): Promise<void> {
  const include = [`${source.host}/${REPOSITORY}:1`];
  const images = [{ from: 'registry', include, referrers: true, ...more }];
  await writeBundles(site.path(file), [demoBundle({ images })]);
}

/** @returns sha256 of the archive */
async function packInto(output: string, file = 'all.yaml'): Promise<string | undefined> {
  const [kit] = await pack(site.host, { file, output, key: 'env:RELEASE_KEY', force: true });
  return kit?.archiveSha256;
}

async function loadInto(
  to: string,
  kit = 'kit',
  sparseIndex?: 'strip',
): Promise<Awaited<ReturnType<typeof load>>['results']> {
  const trust = [site.path('release.pub')];
  const options = { to, trust, receipt: site.path('receipt.json'), sparseIndex };
  return (await load(site.host, kit, options)).results;
}

async function target(switches: RegistrySwitches = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry({ refuseSparse: true, ...switches });
  running.push(registry);
  return registry;
}

async function indexOf(kit: string): Promise<BundleIndex> {
  const index: BundleIndex = JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  return index;
}

/** What a kit lists, as `DIGEST TAG`. */
async function listedInKit(kit: string): Promise<Set<string>> {
  const [first] = (await indexOf(kit)).images;
  return new Set(first?.referrers.map(nameIn));
}

const nameIn = ({ digest, annotations }: Descriptor): string =>
  `${digest} ${annotations?.[REF_NAME] ?? ''}`;

async function layoutIndex(name: string): Promise<{ manifests: Descriptor[] }> {
  const index: { manifests: Descriptor[] } = JSON.parse(
    await readFile(site.path(name, 'index.json'), 'utf8'),
  );
  return index;
}

const namesOf = (referrers: readonly AddedReferrer[]): Set<string> =>
  new Set(referrers.map(({ root, tag = '' }) => `${root.descriptor.digest} ${tag}`));

/** Without those of arm64. */
const ofOnePlatform = (): AddedReferrer[] =>
  image.referrers.filter(({ subject }) => subject.digest !== image.platforms[1]?.digest);

describe('a kit', () => {
  test('has the referrers of all that it carries, whole, and names them in bundle.json only', async () => {
    expect(await listedInKit('kit')).toEqual(namesOf(image.referrers));
    expect(await listedInKit('one')).toEqual(namesOf(ofOnePlatform()));
    for (const kit of ['kit', 'one']) {
      expect((await verifyReleased(site, site.path(kit), 'deep')).findings).toEqual([]);
      const members = new Set((await indexOf(kit)).members.map(({ sha256 }) => `sha256:${sha256}`));
      const blobs = (kit === 'kit' ? image.referrers : ofOnePlatform()).flatMap(({ root }) =>
        Array.from(root.blobs.keys()),
      );
      expect(blobs.filter((digest) => !members.has(digest))).toEqual([]);
    }
  });

  test('has the same bytes whatever the order of the list, by API or by tag', async () => {
    const first = await packInto('first');
    const orders: RegistrySwitches['referrers'][] = [
      { list: (_, honest) => honest.toReversed() },
      undefined,
    ];
    for (const referrers of orders) {
      source.switches.referrers = referrers;
      expect(await packInto('again')).toBe(first);
    }
    source.switches.referrers = {};
    source.switches.pageSize = 1;
    expect(await packInto('again')).toBe(first);
    source.switches.pageSize = undefined;
  });

  test('is planned exactly, with every referrer', async () => {
    const [planned] = await plan(site.host, { file: 'all.yaml', output: 'planned' });
    expect(planned?.kit.kind).toBe('exact');
    expect(planned?.plan.images[0]?.referrers).toHaveLength(image.referrers.length);
    const [packed] = await pack(site.host, { file: 'all.yaml', output: 'planned' });
    expect(packed?.plan.totals).toEqual(planned?.plan.totals);
    const sums = await readFile(site.path('planned', 'SHA256SUMS'));
    const tables = ['bundle.json', 'images.txt'].map(async (name) =>
      readFile(site.path('planned', name)),
    );
    const bytes = [sums, ...(await Promise.all(tables))].reduce(
      (sum, { byteLength }) => sum + byteLength,
      packed?.archiveBytes ?? 0,
    );
    expect(planned?.kit.bytes).toBe(bytes);
  });

  test('shows them when it is inspected', async () => {
    const { images } = await inspect(site.host, 'kit');
    expect(images[0]?.referrers).toHaveLength(image.referrers.length);
    expect(images[0]?.referrers).toContainEqual(
      expect.objectContaining({ artifactType: 'application/spdx+json' }),
    );
  });

  test('takes them where one of two selectors of an image asks for them', async () => {
    const include = [`${source.host}/${REPOSITORY}:1`];
    const images = [
      { from: 'registry', include },
      { from: 'registry', include: [...include, ...include], referrers: true },
    ];
    await writeBundles(site.path('twice.yaml'), [demoBundle({ images })]);
    await packInto('twice', 'twice.yaml');
    expect(await listedInKit('twice')).toEqual(namesOf(image.referrers));
  });

  test('says so where nothing refers to an image', async () => {
    source.put('acme/plain', '1', image.root);
    const images = [
      { from: 'registry', include: [`${source.host}/acme/plain:1`], referrers: true },
    ];
    await writeBundles(site.path('plain.yaml'), [demoBundle({ images })]);
    const [kit] = await pack(site.host, { file: 'plain.yaml', output: 'plain' });
    expect(kit?.warnings).toHaveLength(1);
    expect(await listedInKit('plain')).toEqual(new Set());
  });
});

describe('loaded into a registry', () => {
  test.each([{}, { referrers: {} }])('each digest is the same, and found: %o', async (switches) => {
    const registry = await target(switches);
    const results = await loadInto(`registry://${registry.host}/mirror`);
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
    expect(await loadInto(`registry://${registry.host}/mirror`)).toMatchObject([
      { status: 'already-present' },
    ]);
  });

  test('with one platform only, those of the index are told to stay behind', async () => {
    const registry = await target({ referrers: {} });
    const [result] = await loadInto(`registry://${registry.host}`, 'one', 'strip');
    const [amd64] = image.platforms;
    expect(result).toMatchObject({ status: 'loaded', after: amd64?.digest });
    expect(result?.message).toContain('5 of 7 referrers');
    expect(await listedIn(registry, REPOSITORY, image.root.descriptor)).toEqual([]);
    expect(await listedIn(registry, REPOSITORY, amd64 ?? image.root.descriptor)).toEqual(
      expectedList(image.referrers, amd64 ?? image.root.descriptor),
    );
  });
});

describe('loaded into an OCI layout', () => {
  test('they are found by oras, regclient and airkit itself, and a second load does nothing', async () => {
    const to = `oci:${site.path('layout')}`;
    expect(await loadInto(to)).toMatchObject([{ status: 'loaded' }]);
    expect(await loadInto(to)).toMatchObject([{ status: 'already-present' }]);
    const { manifests } = await layoutIndex('layout');
    const names = new Set(manifests.map(nameIn));
    for (const { root, tag, subject } of image.referrers) {
      expect(names).toContain(`${root.descriptor.digest} ${tag ?? ''}`);
      if (tag !== undefined) continue;
      const fallback = subject.digest.replace(':', '-');
      expect([...names].some((name) => name.endsWith(` ${fallback}`))).toBe(true);
    }
    const images = [{ from: 'oci:layout', include: ['*'], referrers: true }];
    await writeBundles(site.path('layout.yaml'), [demoBundle({ images })]);
    await packInto('from-layout', 'layout.yaml');
    expect(await listedInKit('from-layout')).toEqual(namesOf(image.referrers));
    expect((await indexOf('from-layout')).images).toHaveLength(1);
  });

  test('what others keep in it stays', async () => {
    const to = `oci:${site.path('shared')}`;
    await loadInto(to, 'one');
    const theirs = referrerRoot({ subject: image.root.descriptor, body: 'theirs' });
    const [list] = fallbackIndex([theirs.descriptor]).blobs;
    for (const [digest, bytes] of [...theirs.blobs, ...(list === undefined ? [] : [list])])
      await writeFile(site.path('shared', 'blobs', 'sha256', digest.slice(7)), bytes);
    const tag = referrerTag(image.root.descriptor);
    const isList = ({ annotations }: Descriptor): boolean => annotations?.[REF_NAME] === tag;
    const { manifests, ...index } = await layoutIndex('shared');
    const entry = {
      ...fallbackIndex([theirs.descriptor]).descriptor,
      annotations: { [REF_NAME]: tag },
    };
    const changed = [...manifests.filter((one) => !isList(one)), entry];
    await writeFile(
      site.path('shared', 'index.json'),
      JSON.stringify({ ...index, manifests: changed }),
    );
    await loadInto(to, 'kit');
    const lists = (await layoutIndex('shared')).manifests.filter(isList);
    expect(lists).toHaveLength(1);
    const path = site.path('shared', 'blobs', 'sha256', lists[0]?.digest.slice(7) ?? '');
    const { manifests: listed }: { manifests: Descriptor[] } = JSON.parse(
      await readFile(path, 'utf8'),
    );
    const expected = expectedList(image.referrers, image.root.descriptor);
    expect(new Set(listed.map(({ digest }) => digest))).toEqual(
      new Set([...expected, theirs.descriptor.digest]),
    );
  });
});
