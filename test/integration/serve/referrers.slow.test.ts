/** What refers to images of a kit is found in every way in which clients look for it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load, loadedMirrorConfig, targetMirror } from '../../../src/index.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { referrerTag, SBOM_TYPE } from '../../support/referrer-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { startTestRegistry } from '../../support/test-registry.ts';
import { expectedList, listedIn, REPOSITORY } from '../support/referrer-world.ts';
import { makeSignedSite, type SignedSite } from '../support/signed-site.ts';
import { serveKit, type ServedKit } from './served-kit.ts';

const folder = useTempFolder();
let world: SignedSite;
let kit: ServedKit;

beforeAll(async () => {
  world = await makeSignedSite(await folder.fresh());
  const trust = [world.site.path('release.pub')];
  kit = await serveKit(world.site, 'kit', { trust, allowUnsigned: false });
}, 60_000);

afterAll(async () => {
  await kit.stop();
  await world.source.stop();
});

const get = async (path: string) => kit.get(`/v2/${REPOSITORY}/${path}`);
const subjects = () => [world.image.root.descriptor, ...world.image.platforms];

test('the referrers API lists them for the index and for each platform', async () => {
  for (const subject of subjects()) {
    const listed = await listedIn({ host: kit.report.address }, REPOSITORY, subject);
    const expected = expectedList(world.image.referrers, subject);
    expect(listed.toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(0);
  }
});

test('the list keeps types, and filters by them', async () => {
  const { digest } = world.image.root.descriptor;
  const query = new URLSearchParams({ artifactType: SBOM_TYPE }).toString();
  const reply = await get(`referrers/${digest}?${query}`);
  const [sbom] = world.image.referrers;
  expect(reply.json()).toMatchObject({
    manifests: [{ digest: sbom?.root.descriptor.digest, artifactType: SBOM_TYPE }],
  });
});

test('the fallback tag is the same list, by its tag and by its own digest', async () => {
  for (const subject of subjects()) {
    const tag = referrerTag(subject);
    const reply = await get(`manifests/${tag}`);
    const own = digestOf(reply.body);
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'content-type': MEDIA_TYPES.ociIndex, 'docker-content-digest': own },
    });
    expect(reply.json()).toEqual((await get(`referrers/${subject.digest}`)).json());
    expect((await get(`manifests/${own}`)).body).toEqual(reply.body);
    const head = await kit.get(`/v2/${REPOSITORY}/manifests/${tag}`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(head.headers['content-length']).toBe(String(reply.body.byteLength));
  }
  const nobody = `sha256-${'0'.repeat(64)}`;
  expect(await get(`manifests/${nobody}`)).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
});

test('the tags of cosign are there, and listed', async () => {
  const tagged = world.image.referrers.filter(({ tag }) => tag !== undefined);
  expect(tagged.length).toBeGreaterThan(0);
  for (const { root, tag } of tagged) {
    const reply = await get(`manifests/${tag}`);
    expect(digestOf(reply.body)).toBe(root.descriptor.digest);
  }
  const list = (await get('tags/list')).json();
  const expected = new Set(['1', ...tagged.map(({ tag }) => tag)]);
  expect(list).toMatchObject({ name: REPOSITORY, tags: { length: expected.size } });
  expect(list).toMatchObject({ tags: expect.arrayContaining([...expected]) });
});

test('every blob of every referrer is sent in its own bytes', async () => {
  for (const { root } of world.image.referrers) {
    for (const [digest, bytes] of root.blobs) {
      const blob = await get(`blobs/${digest}`);
      const found = blob.status === 200 ? blob : await get(`manifests/${digest}`);
      expect([found.status, found.body.equals(bytes)]).toEqual([200, true]);
    }
  }
});

test('a kit that left a platform out lists nothing for it', async () => {
  const trust = [world.site.path('release.pub')];
  const one = await serveKit(world.site, 'one', { trust, allowUnsigned: false });
  const [amd64, arm64] = world.image.platforms;
  try {
    const listed = async (digest = ''): Promise<unknown> =>
      (await one.get(`/v2/${REPOSITORY}/referrers/${digest}`)).json();
    expect(await listed(amd64?.digest)).toMatchObject({ manifests: { length: 1 } });
    expect(await listed(arm64?.digest)).toMatchObject({ manifests: [] });
  } finally {
    await one.stop();
  }
});

test('a registry that a load filled has the same lists', async () => {
  const there = await startTestRegistry({ referrers: {} });
  try {
    const { site } = world;
    const options = { trust: [site.path('release.pub')], receipt: site.path('receipt.json') };
    const to = `registry://${there.host}`;
    const report = await load(site.host, 'kit', { ...options, to });
    const mirror = await targetMirror(site.host, { to });
    expect(loadedMirrorConfig('k3s', report, mirror).files).toHaveLength(1);
    for (const subject of subjects()) {
      const served = await listedIn({ host: kit.report.address }, REPOSITORY, subject);
      const pushed = await listedIn(there, REPOSITORY, subject);
      expect(served.toSorted()).toEqual(pushed.toSorted());
    }
  } finally {
    await there.stop();
  }
});
