/** The lock over media that are files: OCI layouts and archives. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { cachePrune, lock, plan } from '../../src/index.ts';
import {
  demoBundle,
  makeSite,
  rootOf,
  writeBundles,
  writeLayout,
  type Site,
} from '../cli/support/site.ts';
import { dockerArchiveShapes, ociLayoutFiles } from '../support/archive-builder.ts';
import { buildImage, tarOf, type ImageRecipe } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { packed } from './support/locks.ts';

const folder = useTempFolder();
let site: Site;

beforeEach(async () => {
  site = await makeSite(await folder.fresh());
});

const WEB = 'acme.local/web:1';
const app: ImageRecipe = { names: ['acme.local/app:1'], layers: [1] };
const web: ImageRecipe = { names: [WEB], layers: [1, 2] };

interface Medium {
  readonly from: string;
  /** Puts images where the selector finds them, and takes away all others. */
  readonly put: (...recipes: ImageRecipe[]) => Promise<void>;
}

const layout: Medium = {
  from: 'oci:layout',
  put: async (...recipes) => {
    await rm(site.path('layout'), { recursive: true, force: true });
    await writeLayout(site.path('layout'), await Promise.all(recipes.map(rootOf)));
  },
};
const ociArchive: Medium = {
  from: 'oci-archive:images.tar',
  put: async (...recipes) => {
    const files = ociLayoutFiles(await Promise.all(recipes.map(rootOf)));
    await writeFile(site.path('images.tar'), await tarOf(files));
  },
};
const dockerArchive: Medium = {
  from: 'docker-archive:images.tar',
  put: async (...recipes) => {
    const built = await Promise.all(recipes.map(buildImage));
    const files = dockerArchiveShapes['docker 20.10']?.(built) ?? [];
    await writeFile(site.path('images.tar'), await tarOf(files));
  },
};

describe.each([layout, ociArchive, dockerArchive])('$from', ({ from, put }) => {
  beforeEach(async () => {
    await put(app, web);
    const selectors = [{ from, include: ['*app*', '*'] }];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images: selectors })]);
  });

  test('is packed as locked, and gives the bytes of a pack without lock', async () => {
    await lock(site.host);
    const locked = await packed(site, 'locked', { lock: 'required' });
    expect(await packed(site, 'free', { lock: 'ignored' })).toEqual(locked);
  });

  test('is locked the same before and after its layers are in the cache', async () => {
    await lock(site.host);
    const before = await readFile(site.path('bundles.lock.json'));
    await packed(site, 'kit');
    expect(await lock(site.host)).toMatchObject({ isWritten: false });
    await cachePrune(site.host, { unusedDays: 0 });
    expect(await lock(site.host)).toMatchObject({ isWritten: false });
    await packed(site, 'again', { lock: 'required' });
    expect(await readFile(site.path('bundles.lock.json'))).toEqual(before);
  });

  test('may get further images', async () => {
    await lock(site.host);
    const before = await packed(site, 'before');
    await put({ names: ['acme.local/new:1'], layers: [4] }, web, app);
    expect(await packed(site, 'after')).toEqual(before);
  });

  test.each([
    ['another image', { names: [WEB], layers: [1, 3] }],
    ['no image', { names: ['acme.local/other:1'], layers: [1, 2] }],
  ])('is stale when a name stands for %s', async (_, recipe) => {
    await lock(site.host);
    await put(app, recipe);
    await expect(plan(site.host, {})).rejects.toMatchObject({
      code: 'LOCK_STALE',
      context: { reference: WEB, digest: expect.stringMatching(/^sha256:/) },
      problems: [{ subject: site.path('bundles.yaml') }],
    });
    await lock(site.host);
    expect(await plan(site.host, {})).toHaveLength(1);
  });
});

test('a Docker archive is locked by image ID and diffIDs, an OCI layout by root digest', async () => {
  await layout.put(web);
  await dockerArchive.put(web);
  const selectors = [layout, dockerArchive].map(({ from }) => ({ from, include: ['*web*'] }));
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images: selectors })]);
  await lock(site.host);
  const { imageId, diffIds } = await buildImage(web);
  const { descriptor } = await rootOf(web);
  const name = { pattern: '*web*', reference: WEB };
  expect(JSON.parse(await readFile(site.path('bundles.lock.json'), 'utf8'))).toMatchObject({
    bundles: [
      {
        selectors: [
          { from: dockerArchive.from, images: [{ ...name, imageID: imageId, diffIDs: diffIds }] },
          { from: layout.from, images: [{ ...name, root: descriptor.digest }] },
        ],
      },
    ],
  });
});

test('a name that a layout gives to two images cannot be locked', async () => {
  const roots = await Promise.all([[1], [2]].map((layers) => rootOf({ names: ['a:1'], layers })));
  await writeLayout(site.path('layout'), roots);
  await writeBundles(site.path('bundles.yaml'));
  await expect(lock(site.host)).rejects.toMatchObject({ code: 'NAME_COLLISION' });
});
