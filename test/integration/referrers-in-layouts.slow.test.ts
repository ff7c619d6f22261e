import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { REF_NAME } from '../../src/oci/layout-documents.ts';
import { fallbackIndex, referrerRoot, referrerTag } from '../support/referrer-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { expectedList } from './support/referrer-world.ts';
import { makeSignedSite, nameIn, namesOf, type SignedSite } from './support/signed-site.ts';

const folder = useTempFolder();
let world: SignedSite;

beforeAll(async () => {
  world = await makeSignedSite(await folder.fresh());
}, 60_000);

afterAll(async () => world.source.stop());

interface LayoutIndex {
  readonly manifests: readonly Descriptor[];
}

async function layoutIndex(name: string): Promise<LayoutIndex> {
  const index: LayoutIndex = JSON.parse(
    await readFile(world.site.path(name, 'index.json'), 'utf8'),
  );
  return index;
}

test('a layout has them where oras, regclient and cosign look for them, once', async () => {
  const to = `oci:${world.site.path('layout')}`;
  expect(await world.load(to)).toMatchObject([{ status: 'loaded' }]);
  expect(await world.load(to)).toMatchObject([{ status: 'already-present' }]);
  const names = (await layoutIndex('layout')).manifests.map(nameIn);
  expect(new Set(names).size).toBe(names.length);
  for (const { root, tag = '', subject } of world.image.referrers) {
    expect(names).toContain(`${root.descriptor.digest} ${tag}`);
    const isListed = names.some((name) => name.endsWith(` ${referrerTag(subject)}`));
    if (tag === '') expect(isListed).toBe(true);
  }
});

test('an image that is in a layout already gets what refers to it', async () => {
  const selector = { from: 'registry', include: [`${world.source.host}/acme/api:1`] };
  await world.pack('bare', [selector]);
  const to = `oci:${world.site.path('late')}`;
  await world.load(to, 'bare');
  expect(await world.load(to, 'kit')).toMatchObject([{ status: 'loaded' }]);
  expect(await world.load(to, 'bare')).toMatchObject([{ status: 'already-present' }]);
});

test('a kit from a layout has them all, and no image more', async () => {
  await world.load(`oci:${world.site.path('source')}`);
  await world.pack('from-layout', [{ from: 'oci:source', include: ['*'], referrers: true }]);
  expect(await world.listedIn('from-layout')).toEqual(namesOf(world.image.referrers));
  const { images } = await world.indexOf('from-layout');
  expect(images).toHaveLength(1);
  expect(images[0]?.referrers).toEqual((await world.indexOf('kit')).images[0]?.referrers);
});

test('a list that others keep in a layout stays', async () => {
  const { site, image } = world;
  const to = `oci:${site.path('shared')}`;
  await world.load(to, 'one');
  const theirs = referrerRoot({ subject: image.root.descriptor, body: 'theirs' });
  const list = fallbackIndex([theirs.descriptor]);
  for (const [digest, bytes] of [...theirs.blobs, ...list.blobs])
    await writeFile(site.path('shared', 'blobs', 'sha256', digest.slice(7)), bytes);
  const tag = referrerTag(image.root.descriptor);
  const isList = ({ annotations }: Descriptor): boolean => annotations?.[REF_NAME] === tag;
  const { manifests, ...index } = await layoutIndex('shared');
  const entry = { ...list.descriptor, annotations: { [REF_NAME]: tag } };
  const changed = [...manifests.filter((one) => !isList(one)), entry];
  await writeFile(
    site.path('shared', 'index.json'),
    JSON.stringify({ ...index, manifests: changed }),
  );
  await world.load(to, 'kit');
  const lists = (await layoutIndex('shared')).manifests.filter(isList);
  expect(lists).toHaveLength(1);
  const path = site.path('shared', 'blobs', 'sha256', lists[0]?.digest.slice(7) ?? '');
  const { manifests: listed }: LayoutIndex = JSON.parse(await readFile(path, 'utf8'));
  expect(new Set(listed.map(({ digest }) => digest as string))).toEqual(
    new Set([
      ...expectedList(image.referrers, image.root.descriptor),
      theirs.descriptor.digest as string,
    ]),
  );
});
