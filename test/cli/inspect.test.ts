import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { dockerArchiveShapes, ociLayoutFiles } from '../support/archive-builder.ts';
import { buildImage, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { makeSampleSite, multiPlatformRoot, sampleRoots, type Site } from './support/site.ts';

const NAMES = [
  'docker.io/library/redis:7',
  'ghcr.io/acme/k8s-agent:2.3.0',
  'registry.k8s.io/kube-proxy:v1.30.2',
];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

describe('inspect', () => {
  test.each(['kit', 'kit/bundle.tar'])('shows what is in %s', async (path) => {
    const { code, document } = await airkitJson(site, ['inspect', path, '--trust', 'release.pub']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      schemaVersion: 1,
      kind: 'kit',
      name: 'demo',
      version: '1.0',
      tool: { name: 'airkit' },
      findings: [],
      images: NAMES.map((reference) => ({
        reference,
        from: 'oci:layout',
        pattern: '*',
        root: expect.stringMatching(/^sha256:/),
        manifests: [
          {
            platform: 'linux/amd64',
            imageId: expect.stringMatching(/^sha256:/),
            layers: [{ isPresent: true }, { isPresent: true }],
          },
        ],
      })),
    });
  });

  test('shows layers to people who ask for them', async () => {
    const short = await airkit(site, ['inspect', 'kit']);
    const long = await airkit(site, ['inspect', 'kit', '--layers']);
    expect([short.code, long.code]).toEqual([0, 0]);
    for (const name of NAMES) expect(short.stdout).toContain(name);
    expect(short.stdout).not.toMatch(/sha256:[0-9a-f]{64}/);
    expect(long.stdout.match(/sha256:[0-9a-f]{64}/g)?.length).toBe(12);
  });

  test('shows an unsigned kit and one of an unknown key too, and says so', async () => {
    const { code, document } = await airkitJson(site, ['inspect', 'kit']);
    expect(code).toBe(0);
    expect(document).toMatchObject({ findings: [{ code: 'UNKNOWN_KEY' }] });
    await pack(site.host, { output: 'unsigned' });
    const unsigned = await airkitJson(site, ['inspect', 'unsigned']);
    expect(unsigned).toMatchObject({ code: 0, document: { findings: [{ code: 'UNSIGNED' }] } });
  });

  test.each(Object.entries(dockerArchiveShapes))(
    'shows an archive of %s',
    async (shape, filesOf) => {
      const image = await buildImage({ names: ['redis:7', 'acme/cache:1'], layers: [1, 4] });
      const file = site.path(`${shape.replaceAll(/\W/g, '-')}.tar`);
      await writeFile(file, await tarOf(filesOf([image])));
      const { code, document } = await airkitJson(site, ['inspect', file]);
      expect(code).toBe(0);
      expect(document).toMatchObject({
        kind: 'docker-archive',
        images: [
          { reference: 'docker.io/library/redis:7', manifests: [{ imageId: image.imageId }] },
          { reference: 'docker.io/acme/cache:1', manifests: [{ imageId: image.imageId }] },
        ],
      });
    },
  );

  test('shows an OCI archive with every platform of an index', async () => {
    const root = await multiPlatformRoot('example.com/multi:1', ['amd64', 'arm64']);
    await writeFile(site.path('oci.tar'), await tarOf(ociLayoutFiles([root])));
    const { code, document } = await airkitJson(site, ['inspect', 'oci.tar']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      kind: 'oci-archive',
      images: [{ reference: 'example.com/multi:1', root: root.descriptor.digest }],
    });
    const text = await airkit(site, ['inspect', 'oci.tar']);
    expect(text.stdout).toContain('linux/amd64');
    expect(text.stdout).toContain('linux/arm64');
  });

  test('shows an OCI layout', async () => {
    const { code, document } = await airkitJson(site, ['inspect', 'layout']);
    expect(code).toBe(0);
    const roots = await sampleRoots();
    expect(document).toMatchObject({ kind: 'oci', findings: [] });
    for (const { descriptor } of roots)
      expect(JSON.stringify(document['images'])).toContain(descriptor.digest);
  });

  test.each([
    ['a folder that is neither', 'home', 2],
    ['a file that is no archive', 'bundles.yaml', 3],
  ])('fails on %s', async (_, path, exit) => {
    const { code, document } = await airkitJson(site, ['inspect', path]);
    expect(code).toBe(exit);
    expect(document.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });
});
