/** `airkit load` of archives that other tools wrote, from files and pipes. */
import { closeSync, openSync } from 'node:fs';
import { copyFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import {
  canCompress,
  compressWith,
  docker20Files,
  dockerArchiveShapes,
  ociLayoutFiles,
  outerCompressions,
} from '../support/archive-builder.ts';
import { buildImage, manifestRoot, tarOf, type BuiltImage } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkitJson, documentOf, spawnAirkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
const NAMES = ['docker.io/library/app:1', 'docker.io/library/base:1'];
const FLAGS = ['--allow-unsigned', '--receipt', 'receipt.json'];
let site: Site;
let images: BuiltImage[];
let count = 0;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
  images = [
    await buildImage({ names: ['base:1'], layers: [1] }),
    await buildImage({ names: ['app:1'], layers: [1, 2] }),
  ];
  await writeFile(site.path('docker.tar'), await tarOf(docker20Files(images)));
});

const target = (): string => `oci:layout-${(count += 1)}`;

/** Image IDs by name, of what the last load wrote. */
async function idsIn(layout: string): Promise<string[]> {
  const { document } = await airkitJson(site, ['inspect', layout.slice('oci:'.length)]);
  const found = document['images'];
  if (!Array.isArray(found)) throw new Error('inspect shows no images');
  return found.map(({ reference, manifests }) => `${reference} ${manifests[0].imageId}`);
}

const expected = (): string[] => [
  `${NAMES[0]} ${images[1]?.imageId}`,
  `${NAMES[1]} ${images[0]?.imageId}`,
];

describe.each(Object.entries(dockerArchiveShapes))('an archive of %s', (_, shape) => {
  test.each(outerCompressions.filter(canCompress))('loads, outer compression %s', async (outer) => {
    await writeFile(site.path('shape.tar'), compressWith(outer, await tarOf(shape(images))));
    const to = target();
    const { code, document } = await airkitJson(site, ['load', 'shape.tar', '--to', to, ...FLAGS]);
    expect(document).toMatchObject({
      results: NAMES.map((reference) => ({ reference, status: 'loaded' })),
    });
    expect(code).toBe(0);
    expect(await idsIn(to)).toEqual(expected());
  });
});

test('an OCI archive and an OCI layout load with their digests', async () => {
  const root = manifestRoot(await buildImage({ names: ['app:1'], layers: [1, 2] }));
  await writeFile(site.path('oci.tar'), await tarOf(ociLayoutFiles([root])));
  for (const path of ['oci.tar', 'layout']) {
    const to = target();
    const { document } = await airkitJson(site, ['load', path, '--to', to, ...FLAGS]);
    expect(document['error']).toBeUndefined();
    if (path === 'oci.tar')
      expect(document).toMatchObject({ results: [{ after: root.descriptor.digest }] });
  }
});

test('without --allow-unsigned nothing that airkit did not sign is loaded', async () => {
  for (const path of ['docker.tar', 'layout', '-']) {
    const { code, document } = await airkitJson(site, [
      'load',
      path,
      '--to',
      'oci:refused',
      '--trust',
      'release.pub',
    ]);
    expect([code, document.error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
  }
  expect(await readdir(site.folder)).not.toContain('refused');
});

test('--rename, --include and a second load work as with kits', async () => {
  const to = target();
  const args = ['load', 'docker.tar', '--to', to, '--include', 'app:*', ...FLAGS];
  const renamed = [...args, '--rename', 'docker.io/library/*=site.local/*'];
  expect((await airkitJson(site, renamed)).document).toMatchObject({
    results: [{ reference: 'site.local/app:1', original: NAMES[0], status: 'loaded' }],
  });
  expect((await airkitJson(site, renamed)).document).toMatchObject({
    results: [{ status: 'already-present' }],
    sentBytes: 0,
  });
});

test.each([
  ['what docker save writes', 'docker.tar'],
  ['the archive of a signed kit', 'kit/bundle.tar'],
])('%s loads from a pipe, compressed or not, and leaves nothing behind', async (_, path) => {
  const bytes = await readFile(site.path(path));
  for (const outer of ['none', 'gzip'] as const) {
    const to = target();
    const args = ['load', '-', '--to', to, ...FLAGS, '--json'];
    const outcome = await spawnAirkit(site, args, { input: compressWith(outer, bytes) });
    expect(documentOf(outcome).error).toBeUndefined();
    expect(outcome.code).toBe(0);
    expect(await idsIn(to)).not.toHaveLength(0);
    expect(await readdir(site.path('home', 'cache', 'airkit', 'ingest'))).toEqual([]);
  }
});

test('a signed kit is unsigned once it comes through a pipe', async () => {
  const bytes = await readFile(site.path('kit/bundle.tar'));
  const args = ['load', '-', '--to', 'oci:refused', '--trust', 'release.pub', '--json'];
  const outcome = await spawnAirkit(site, args, { input: bytes });
  expect([outcome.code, documentOf(outcome).error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
});

test('a file that is redirected is read where it is', async () => {
  const other = await makeSampleSite(await folder.fresh());
  const file = openSync(site.path('docker.tar'), 'r');
  const args = ['load', '-', '--to', 'oci:there', ...FLAGS];
  const outcome = await spawnAirkit(other, args, { input: file });
  closeSync(file);
  expect(outcome.code).toBe(0);
  expect(outcome.stderr).not.toContain('reading stdin');
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.byteLength - 4096)],
  ['no archive', () => Buffer.from('not a tar at all'.repeat(100))],
  ['empty', () => Buffer.alloc(0)],
])('an archive that is %s exits 4, from a file and a pipe', async (_, damage) => {
  const bytes = damage(await readFile(site.path('docker.tar')));
  await writeFile(site.path('damaged.tar'), bytes);
  const file = await airkitJson(site, ['load', 'damaged.tar', '--to', 'oci:bad', ...FLAGS]);
  expect([file.code, file.document.error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
  const args = ['load', '-', '--to', 'oci:bad', ...FLAGS, '--json'];
  const pipe = await spawnAirkit(site, args, { input: bytes });
  expect([pipe.code, documentOf(pipe).error?.code]).toEqual([4, 'VERIFICATION_FAILED']);
  expect(await readdir(site.folder)).not.toContain('bad');
});

test('a root file system is told apart from images', async () => {
  const files = [{ name: 'bin/' }, { name: 'bin/sh', body: Buffer.from('sh') }, { name: 'etc/' }];
  await writeFile(site.path('rootfs.tar'), await tarOf(files));
  const { code, document } = await airkitJson(site, ['load', 'rootfs.tar', ...FLAGS]);
  expect(code).toBe(4);
  expect(document.error?.hint).toContain('rootfs:');
});

test('a signed kit whose archive was replaced does not pass for an archive of another tool', async () => {
  const altered = site.path('altered');
  await cp(site.path('kit'), altered, { recursive: true });
  await copyFile(site.path('docker.tar'), site.path('altered', 'bundle.tar'));
  for (const path of ['altered', 'altered/bundle.tar']) {
    const { code } = await airkitJson(site, ['load', path, '--to', 'oci:refused', ...FLAGS]);
    expect(code).toBe(4);
  }
  await rm(site.path('altered', 'bundle.json'));
  const { code } = await airkitJson(site, ['load', 'altered', '--to', 'oci:refused', ...FLAGS]);
  expect(code).toBe(4);
  expect(await readdir(site.folder)).not.toContain('refused');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'stopped by %s while a pipe says nothing exits %i and leaves nothing',
  async (signal, exit) => {
    const ingest = site.path('home', 'cache', 'airkit', 'ingest');
    const { code } = await spawnAirkit(site, ['load', '-', '--to', 'oci:never', ...FLAGS], {
      input: 'open',
      started: async (child) => {
        child.stdin?.write(Buffer.alloc(70_000, 1));
        for (let waited = 0; waited < 5000; waited += 10) {
          if ((await readdir(ingest)).length > 0) break;
          await sleep(10);
        }
        child.kill(signal);
      },
    });
    expect(code).toBe(exit);
    expect(await readdir(ingest)).toEqual([]);
  },
);
