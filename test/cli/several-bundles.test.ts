/** Several bundles in one pack: what is complete stays and is told, whatever becomes of the others. */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { blobPath } from '../../src/content/blob-folder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { layersOf } from '../support/test-registry-images.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import {
  demoBundle,
  makeSite,
  sampleRoots,
  writeBundles,
  writeLayout,
  type Site,
} from './support/site.ts';

const folder = useTempFolder();
let site: Site;

const bundle = (name: string, fields: object = {}): ReturnType<typeof demoBundle> =>
  demoBundle({ name, output: { path: name }, ...fields });

const wrong = (name: string): ReturnType<typeof demoBundle> =>
  bundle(name, { images: [{ from: 'oci:layout', include: [`${name}:1`, 'redis:7'] }] });

beforeEach(async () => {
  site = await makeSite(await folder.fresh());
  await writeLayout(site.path('layout'), await sampleRoots());
});

test('a disk that fails at the second leaves the first, and the document lists it', async () => {
  await writeFile(site.path('file'), '');
  const second = bundle('second', { output: { path: 'file/second' } });
  await writeBundles(site.path('bundles.yaml'), [bundle('first'), second]);
  const { code, document } = await airkitJson(site, ['pack']);
  expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'DISK_FAILED' });
  expect(document).toMatchObject({ kits: [{ name: 'first', path: site.path('first') }] });
  const text = await airkit(site, ['pack', '--force']);
  expect({ code: text.code, stdout: text.stdout }).toEqual({
    code: 5,
    stdout: `${site.path('first')}\n`,
  });
});

test('an image that fails in the first does not stop the second', async () => {
  const [broken] = await sampleRoots();
  const layer = layersOf(broken!).at(-1)!;
  await rm(blobPath(site.path('layout'), layer));
  const second = bundle('second', { images: [{ from: 'oci:layout', include: ['redis:7'] }] });
  await writeBundles(site.path('bundles.yaml'), [bundle('first'), second]);
  const { code, document } = await airkitJson(site, ['pack']);
  expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'BLOB_MISSING' });
  expect(document).toMatchObject({ kits: [{ name: 'second' }] });
  expect(document.error).toMatchObject({
    problems: [{ reference: 'registry.k8s.io/kube-proxy:v1.30.2', line: expect.any(Number) }],
  });
  expect(existsSync(site.path('first'))).toBe(false);
});

test('plan tells what is wrong with all of them', async () => {
  await writeBundles(site.path('bundles.yaml'), [wrong('first'), wrong('second')]);
  const { code, document } = await airkitJson(site, ['plan']);
  expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'NO_MATCH' });
  expect(document.error).toMatchObject({
    problems: [{ reference: 'first:1' }, { reference: 'second:1' }],
  });
});

test('a mistake in the last shows before the first is packed', async () => {
  const rename = [{ from: '*', to: 'apps.example.com/one:1' }];
  await writeBundles(site.path('bundles.yaml'), [bundle('first'), bundle('second', { rename })]);
  const { code, document } = await airkitJson(site, ['pack']);
  expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'NAME_COLLISION' });
  expect(existsSync(site.path('first'))).toBe(false);
});
