/** `airkit convert`: every format into every other, and what becomes of digests. */
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { convert, pack } from '../../src/index.ts';
import { docker20Files } from '../support/archive-builder.ts';
import { buildImage, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
const FORMATS = ['docker-archive', 'oci-archive', 'oci', 'kit'] as const;
const TRUST = ['--trust', 'release.pub'];

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'first-kit', key: 'env:RELEASE_KEY' });
  await airkit(site, ['convert', 'layout', 'oci-archive:first-oci-archive']);
  await airkit(site, ['convert', 'layout', 'docker-archive:first-docker-archive']);
  await airkit(site, ['convert', 'layout', 'oci:first-oci']);
});

const rootsIn = async (path: string): Promise<unknown> => {
  const { document } = await airkitJson(site, ['inspect', path]);
  const images = document['images'];
  if (!Array.isArray(images)) throw new Error(`${path}: ${JSON.stringify(document)}`);
  return images.map(({ reference, root }) => `${reference} ${root}`).toSorted();
};

describe.each(FORMATS)('from %s', (from) => {
  test.each(FORMATS)('to %s, names and digests are kept', async (to) => {
    const out = `${from}-to-${to}`;
    const args = ['convert', `${from}:first-${from}`, `${to}:${out}`, ...TRUST];
    const { code, document } = await airkitJson(site, args);
    expect(document.error).toBeUndefined();
    expect(code).toBe(0);
    expect(document['images']).toMatchObject(Array.from({ length: 3 }, () => ({ digest: 'kept' })));
    expect(await rootsIn(out)).toEqual(await rootsIn('layout'));
  });
});

test('a path alone is known by what is in it', async () => {
  for (const format of FORMATS) {
    const { code } = await airkit(site, [
      'convert',
      `first-${format}`,
      `oci:known-${format}`,
      ...TRUST,
    ]);
    expect(code).toBe(0);
    expect(await rootsIn(`known-${format}`)).toEqual(await rootsIn('layout'));
  }
});

test('of an archive without manifests they are made, which is told; image IDs stay', async () => {
  const image = await buildImage({ names: ['app:1'], layers: [1, 2] });
  await writeFile(site.path('old.tar'), await tarOf(docker20Files([image])));
  const { document } = await airkitJson(site, ['convert', 'old.tar', 'oci:from-old']);
  expect(document['images']).toMatchObject([{ digest: 'made' }]);
  const { document: found } = await airkitJson(site, ['inspect', 'from-old']);
  expect(found['images']).toMatchObject([{ manifests: [{ imageId: image.imageId }] }]);
  const people = await airkit(site, ['convert', 'old.tar', 'oci:from-old-again']);
  expect(people.stdout).toMatch(/made here/);
});

test('kits are signed with --key, and are not without', async () => {
  await airkit(site, ['convert', 'layout', 'kit:signed', '--key', 'env:RELEASE_KEY']);
  expect((await airkit(site, ['verify', 'signed', ...TRUST])).code).toBe(0);
  await airkit(site, ['convert', 'layout', 'kit:unsigned']);
  expect((await airkit(site, ['verify', 'unsigned', ...TRUST])).code).toBe(4);
  expect((await airkit(site, ['verify', 'unsigned', '--allow-unsigned'])).code).toBe(0);
});

test('a kit that is not trusted is not converted', async () => {
  const { code } = await airkitJson(site, ['convert', 'first-kit', 'oci:distrusted']);
  expect(code).toBe(4);
});

test.each([
  ['there is an archive', ['layout', 'oci-archive:first-oci-archive'], 'OUTPUT_EXISTS'],
  ['there is a layout', ['first-kit', 'oci:first-oci'], 'OUTPUT_EXISTS'],
  ['there is a kit', ['layout', 'kit:first-kit'], 'OUTPUT_EXISTS'],
  ['the format is not named', ['layout', 'out.tar'], 'USAGE'],
  ['both are one', ['layout', 'oci:layout', '--force'], 'USAGE'],
  ['nothing is there', ['nothing', 'oci:out'], 'USAGE'],
  ['an engine is meant', ['layout', 'docker'], 'USAGE'],
  ['a key is given for no kit', ['layout', 'oci:out', '--key', 'env:RELEASE_KEY'], 'USAGE'],
  ['nothing matches', ['layout', 'oci:out', '--include', 'nosuch'], 'NO_MATCH'],
])('exits 2 when %s', async (_, args, error) => {
  const { code, document } = await airkitJson(site, ['convert', ...args]);
  expect([code, document.error?.code]).toEqual([2, error]);
});

test('convert stops a command that does not sign', async () => {
  const controller = new AbortController();
  const places = { from: 'oci:layout', to: 'kit:never' };
  const options = { key: 'exec:sleep 300', signal: controller.signal };
  const converting = convert(site.host, places, options);
  controller.abort(new Error('stopped'));
  await expect(converting).rejects.toThrow('stopped');
});
