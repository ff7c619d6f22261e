import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack, type BundleIndex } from '../../src/index.ts';
import {
  demoBundle,
  makeSampleSite,
  rootOf,
  writeBundles,
  writeLayout,
  type BundleText,
  type Site,
} from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { verifyReleased } from './support/kit-editor.ts';

const folder = useTempFolder();
let site: Site;
let count = 0;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await writeLayout(site.path('same'), [await rootOf({ names: ['redis:7'], layers: [1, 4] })]);
  await writeLayout(site.path('different'), [await rootOf({ names: ['redis:7'], layers: [1, 5] })]);
});

/** Packs the demo bundle with other fields, verifies the kit, and gives its images. */
async function imagesWith(fields: BundleText): Promise<BundleIndex['images']> {
  count += 1;
  const output = `kit-${count}`;
  await writeBundles(site.path(`${output}.yaml`), [demoBundle(fields)]);
  await pack(site.host, { file: `${output}.yaml`, output, key: 'env:RELEASE_KEY' });
  expect((await verifyReleased(site, site.path(output))).findings).toEqual([]);
  const index: BundleIndex = JSON.parse(await readFile(site.path(output, 'bundle.json'), 'utf8'));
  return index.images;
}

const everything = { from: 'oci:layout', include: ['*'] };

describe('rename', () => {
  test('gives new names inside and keeps the old ones on record; the first match wins', async () => {
    const rename = [
      { from: 'ghcr.io/acme/*', to: 'apps.example.com/acme/*' },
      { from: 'ghcr.io/*', to: 'never.example.com/*' },
      { from: 'docker.io/library/redis:7', to: 'registry.local/cache:7.0' },
    ];
    expect(await imagesWith({ rename })).toMatchObject([
      {
        reference: 'apps.example.com/acme/k8s-agent:2.3.0',
        original: 'ghcr.io/acme/k8s-agent:2.3.0',
      },
      {
        reference: 'registry.k8s.io/kube-proxy:v1.30.2',
        original: 'registry.k8s.io/kube-proxy:v1.30.2',
      },
      { reference: 'registry.local/cache:7.0', original: 'docker.io/library/redis:7' },
    ]);
  });

  test('of two images to one name is an error that names both', async () => {
    const rename = [
      { from: 'ghcr.io/acme/k8s-agent:2.3.0', to: 'one.example.com/x:1' },
      { from: 'docker.io/library/redis:7', to: 'one.example.com/x:1' },
    ];
    await expect(imagesWith({ rename })).rejects.toMatchObject({
      code: 'NAME_COLLISION',
      message: expect.stringMatching(/(ghcr\.io\/acme\/k8s-agent.*redis:7|redis:7.*k8s-agent)/s),
    });
  });
});

describe('one name from two selectors', () => {
  test('is one image when it is the same', async () => {
    const images = [everything, { from: 'oci:same', include: ['redis:*'] }, everything];
    expect(await imagesWith({ images })).toHaveLength(3);
  });

  test('is an error that names both sources when it is not', async () => {
    const images = [everything, { from: 'oci:different', include: ['redis:*'] }];
    await expect(imagesWith({ images })).rejects.toMatchObject({
      code: 'NAME_COLLISION',
      message: expect.stringMatching(/redis:7.*oci:layout.*oci:different/s),
    });
  });
});

describe('patterns', () => {
  test.each([
    ['*k8s*', ['ghcr.io/acme/k8s-agent:2.3.0', 'registry.k8s.io/kube-proxy:v1.30.2']],
    ['redis', ['docker.io/library/redis:7']],
    ['docker.io/library/redis:7', ['docker.io/library/redis:7']],
    [
      '*/{kube-proxy,k8s-agent}:*[02]',
      ['ghcr.io/acme/k8s-agent:2.3.0', 'registry.k8s.io/kube-proxy:v1.30.2'],
    ],
  ])('%s chooses what grep would', async (pattern, expected) => {
    const images = await imagesWith({ images: [{ from: 'oci:layout', include: [pattern] }] });
    expect(images.map(({ reference }) => reference)).toEqual(expected);
    for (const image of images) expect(image).toMatchObject({ from: 'oci:layout', pattern });
  });

  test('exclude and labels narrow them down', async () => {
    const labelled = { ...everything, labels: { tier: 'core' } };
    expect(await imagesWith({ images: [labelled] })).toMatchObject([
      { reference: 'ghcr.io/acme/k8s-agent:2.3.0' },
    ]);
    const excluding = { ...everything, exclude: ['*k8s*'] };
    expect(await imagesWith({ images: [excluding] })).toMatchObject([
      { reference: 'docker.io/library/redis:7' },
    ]);
  });
});
