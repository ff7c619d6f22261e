/** Root file systems as images, and files that are something else than they are taken for. */
import { Buffer } from 'node:buffer';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { compressWith, docker20Files, ociLayoutFiles } from '../support/archive-builder.ts';
import {
  buildImage,
  makeNoise,
  manifestRoot,
  tarOf,
  type TarFile,
} from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
let plain: Buffer;

/** The first bytes of a program: 64 bits, little endian, for the machine. */
function program(machine: number): Buffer {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(machine, 18);
  return head;
}

const files: readonly TarFile[] = [
  { name: '.dockerenv', body: Buffer.alloc(0) },
  { name: 'bin/' },
  { name: 'bin/one', body: program(183) },
  { name: 'bin/two', body: program(183) },
  { name: 'bin/other', body: program(62) },
  { name: 'bin/sh', linkTo: 'one' },
  { name: 'manifest.json', body: Buffer.from('{"mine": true}') },
];

interface Index {
  readonly images: readonly {
    readonly reference: string;
    readonly from: string;
    readonly manifests: readonly {
      readonly platform: object;
      readonly config: { readonly digest: string };
      readonly layers: readonly { readonly diffID: string }[];
    }[];
  }[];
}

async function pack(kit: string, selector: object, ...flags: string[]): Promise<Index> {
  await writeBundles(site.path('bundles.yaml'), [
    { name: 'demo', version: '1', images: [selector], output: { path: kit } },
  ]);
  const { code, document } = await airkitJson(site, ['pack', ...flags]);
  expect({ code, error: document.error }).toEqual({ code: 0, error: undefined });
  const index: Index = JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  return index;
}

async function refused(selector: object): Promise<object> {
  await writeBundles(site.path('refused.yaml'), [
    { name: 'demo', version: '1', images: [selector], output: { path: 'refused' } },
  ]);
  const { code, document } = await airkitJson(site, ['pack', 'refused.yaml']);
  return { code, error: document.error?.code, hint: document.error?.hint };
}

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  plain = await tarOf(files);
  const image = await buildImage({ names: ['redis:7'], layers: [1] });
  await mkdir(site.folder, { recursive: true });
  await writeFile(site.path('root.tar'), plain);
  await writeFile(site.path('docker.tar'), await tarOf(docker20Files([image])));
  await writeFile(site.path('oci.tar'), await tarOf(ociLayoutFiles([manifestRoot(image)])));
  const docker = compressWith('gzip', await tarOf(docker20Files([image])));
  await writeFile(site.path('docker-cut.tar.gz'), docker.subarray(0, docker.byteLength - 100));
  await writeFile(site.path('noise'), makeNoise(100_000, 5));
  const large = await tarOf([...files, { name: 'etc/noise', body: makeNoise(300_000, 6) }]);
  await writeFile(site.path('cut.tar'), large.subarray(0, 200_000));
  await writeFile(site.path('cut.tar.gz'), compressWith('gzip', large).subarray(0, 200_000));
});

describe('a root file system', () => {
  test('is an image of one layer with the name and config that it is given', async () => {
    const changes = ['CMD ["/bin/one"]', 'ENV A=1', 'LABEL a=b'];
    const index = await pack('kit', { from: 'rootfs:root.tar', as: 'appliance:v3', changes });
    const [image] = index.images;
    expect(image).toMatchObject({
      reference: 'docker.io/library/appliance:v3',
      from: 'rootfs:root.tar',
    });
    const [manifest] = image?.manifests ?? [];
    expect(manifest?.platform).toEqual({ os: 'linux', architecture: 'arm64' });
    expect(manifest?.layers.map(({ diffID }) => diffID)).toEqual([digestOf(plain)]);
    const { document } = await airkitJson(site, ['plan']);
    expect(document['bundles']).toMatchObject([{ kit: { kind: 'exact' } }]);
  });

  test('gives the same image whatever it is compressed with, and whatever was in the cache', async () => {
    const selector = { as: 'appliance:v3', platforms: ['linux/arm64'] };
    const indexes = [];
    for (const compression of ['none', 'gzip', 'bzip2', 'xz', 'zstd'] as const) {
      const name = `root-${compression}.tar`;
      await writeFile(site.path(name), compressWith(compression, plain));
      await airkit(site, ['cache', 'prune', '--all']);
      indexes.push(await pack(`kit-${compression}`, { from: `rootfs:${name}`, ...selector }));
    }
    const [first, ...others] = indexes.map(({ images }) =>
      images.map(({ manifests }) => manifests),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  test('is for the platform that was asked for, or for that of most of its programs', async () => {
    const selector = { from: 'rootfs:root.tar', as: 'a:1' };
    const one = await pack('kit-s390x', { ...selector, platforms: ['linux/s390x'] });
    expect(one.images[0]?.manifests[0]?.platform).toEqual({ os: 'linux', architecture: 's390x' });
    const both = { ...selector, platforms: ['linux/amd64', 'linux/arm64'], optional: true };
    const two = await pack('kit-both', both);
    expect(two.images[0]?.manifests[0]?.platform).toEqual({ os: 'linux', architecture: 'arm64' });
    await writeFile(site.path('data.tar'), await tarOf([{ name: 'data', body: Buffer.from('x') }]));
    expect(await refused({ from: 'rootfs:data.tar', as: 'a:1' })).toMatchObject({
      code: 2,
      error: 'USAGE',
    });
  });

  test('can be locked, and a file that changed is stale', async () => {
    await writeFile(site.path('locked.tar'), plain);
    await pack('kit-free', { from: 'rootfs:locked.tar', as: 'a:1' });
    expect((await airkit(site, ['lock'])).code).toBe(0);
    expect((await airkit(site, ['pack', '--locked', '-o', 'kit-locked'])).code).toBe(0);
    await writeFile(
      site.path('locked.tar'),
      await tarOf([...files, { name: 'new', body: Buffer.from('n') }]),
    );
    const { code, document } = await airkitJson(site, ['pack', '--locked', '-o', 'kit-stale']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'LOCK_STALE' });
    await airkit(site, ['lock']);
    await writeFile(site.path('bundles.lock.json'), '');
  });
});

describe('files that are something else', () => {
  test.each([
    ['docker.tar', /docker-archive:/, 'ARCHIVE_MALFORMED'],
    ['oci.tar', /oci-archive:/, 'ARCHIVE_MALFORMED'],
    ['noise', /docker export/, 'ARCHIVE_MALFORMED'],
    ['cut.tar', /cut off/, 'ARCHIVE_MALFORMED'],
    ['cut.tar.gz', /cut off/, 'CONTENT_INVALID'],
  ])('%s as a root file system', async (name, hint, error) => {
    expect(await refused({ from: `rootfs:${name}`, as: 'a:1' })).toEqual({
      code: 3,
      error,
      hint: expect.stringMatching(hint),
    });
  });

  test.each(['docker-archive', 'oci-archive'])('a root file system as %s', async (transport) => {
    expect(await refused({ from: `${transport}:root.tar` })).toEqual({
      code: 3,
      error: 'ARCHIVE_MALFORMED',
      hint: expect.stringMatching(/rootfs:/),
    });
  });

  test.each([
    ['root.tar', /rootfs:/],
    ['root-gzip.tar', /rootfs:/],
    ['noise', /./],
  ])('%s given to load and to inspect', async (name, hint) => {
    const load = await airkitJson(site, ['load', '--allow-unsigned', '--dry-run', name]);
    expect(load.code).toBe(4);
    const { code, document } = await airkitJson(site, ['inspect', name]);
    expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'ARCHIVE_MALFORMED' });
    for (const { error } of [load.document, document]) expect(error?.hint).toMatch(hint);
  });

  test('an image archive whose compression is cut off', async () => {
    const { code, document } = await airkitJson(site, ['inspect', 'docker-cut.tar.gz']);
    expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'CONTENT_INVALID' });
    expect(document.error?.hint).toMatch(/cut off/);
  });
});
