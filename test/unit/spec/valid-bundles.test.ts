import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { BundlesFile } from '../../../src/spec/bundles-file.ts';
import { BUNDLES_FILE_TEMPLATE } from '../../../src/spec/bundles-template.ts';
import { checkBundlesFile } from '../../../src/spec/check-bundles-file.ts';

const fixtures = new URL('../../fixtures/bundles/valid/', import.meta.url);
const examples = new URL('../../../examples/', import.meta.url);

function check(text: string, path = '/site/bundles.yaml'): BundlesFile {
  const { file, problems } = checkBundlesFile(text, { path });
  expect(problems).toEqual([]);
  if (file === undefined) throw new Error('neither file nor problems');
  return file;
}

function fixture(name: string): BundlesFile {
  return check(readFileSync(new URL(`${name}.yaml`, fixtures), 'utf8'));
}

describe('valid bundles files', () => {
  const files = [fixtures, examples].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => fileURLToPath(new URL(name, folder))),
  );

  test.each(files)('%s', (path) => {
    expect(check(readFileSync(path, 'utf8'), path).bundles.length).toBeGreaterThan(0);
  });

  test('the template of init', () => {
    expect(check(BUNDLES_FILE_TEMPLATE).bundles).toHaveLength(1);
    expect(BUNDLES_FILE_TEMPLATE).toMatch(/^# yaml-language-server: \$schema=/);
  });

  test('every commented line of the template is valid too', () => {
    const uncommented = BUNDLES_FILE_TEMPLATE.replaceAll(
      /^( *)# (- from|- discover|- \{|- include| {2}|[a-z]+(?::$|: [\d{]))/gm,
      '$1$2',
    );
    expect(check(uncommented).bundles[0]).toMatchObject({ serial: 1, expires: '2027-06-30' });
    expect(check(uncommented).bundles[0]?.images).toHaveLength(6);
    expect(check(uncommented).bundles[0]?.containers).toHaveLength(1);
  });
});

describe('the minimal file', () => {
  test('gets every default', () => {
    expect(fixture('minimal')).toEqual({
      path: '/site/bundles.yaml',
      directory: resolve('/site'),
      registries: {},
      bundles: [
        {
          name: 'a',
          version: '1',
          images: [
            {
              from: { transport: 'docker' },
              text: 'docker',
              include: ['*'],
              exclude: [],
              labels: {},
              optional: false,
              referrers: false,
              changes: [],
              position: { file: '/site/bundles.yaml', line: 6, column: 14 },
            },
          ],
          containers: [],
          rename: [],
          output: { path: resolve('/site/dist/a-1'), layers: 'zstd' },
        },
      ],
    });
  });
});

describe('defaults', () => {
  const [one, two] = fixture('defaults').bundles;

  test('fill what a bundle leaves out', () => {
    expect(one).toMatchObject({ version: '2.0', serial: 7 });
    expect(one?.output).toEqual({ path: resolve('/site/out/one'), layers: 'gzip' });
    expect(one?.sign?.key).toEqual({ kind: 'file', path: resolve('/keys/site.key') });
    expect(one?.images[0]).toMatchObject({
      from: { transport: 'podman' },
      include: ['shared/*'],
      exclude: ['*-rc*'],
      labels: { tier: 'core', team: 'a' },
      platforms: ['linux/amd64', 'linux/arm64'],
      optional: true,
      position: { line: 14 },
    });
  });

  test('are merged member by member in maps, and replaced in lists and scalars', () => {
    expect(two?.output).toEqual({
      path: resolve('/site/x/two-3.0'),
      layers: 'gzip',
      volumeSize: 4_700_372_992,
    });
    expect(two?.sign?.key).toEqual({ kind: 'exec', command: 'pass show airkit' });
    expect(two?.images[1]).toMatchObject({
      from: { transport: 'oci', path: resolve('/site/layouts/base') },
      text: 'oci:layouts/base',
      include: ['*'],
      exclude: [],
      labels: { tier: 'core', team: 'b' },
      optional: false,
    });
  });

  test('an absolute path is not recorded', () => {
    expect(two?.images[2]?.text).toBe('docker-archive:old.tar.gz');
  });

  test('discover takes paths relative to the file', () => {
    expect(two?.images[3]).toMatchObject({
      include: [],
      from: { transport: 'podman' },
      discover: { lists: [resolve('/site/images.txt')], helm: [] },
    });
  });
});

describe('the full file', () => {
  const file = fixture('design-full');

  test('registries', () => {
    expect(file.registries['docker.io']).toEqual({
      mirrors: ['mirror.local:5000'],
      rateLimit: { requests: 100, seconds: 21_600 },
      concurrency: 4,
    });
    expect(file.registries['registry.site-b.local']?.ca).toBe(resolve('/site/certs/site-b.pem'));
  });

  test('sources', () => {
    expect(file.bundles[0]?.images.map(({ text }) => text)).toEqual([
      'docker',
      'docker',
      'registry://registry.k8s.io',
      'registry',
      'oci:layouts/base',
      'docker-archive:vendor/old.tar.gz',
      'oci-archive:vendor/new.tar',
      'docker+ssh://ops@build7',
      'rootfs:vendor/appliance.tar',
      'registry',
    ]);
  });

  test('the rest', () => {
    const [bundle] = file.bundles;
    expect(bundle).toMatchObject({ name: 'k8s-offline', version: '1.30.2', serial: 42 });
    expect(bundle?.containers[0]).toMatchObject({ keepConfig: true, as: 'snapshots/{name}:v1.0' });
    expect(bundle?.output.volumeSize).toBe(4 * 1024 ** 3);
    expect(bundle?.sign?.key).toEqual({ kind: 'env', name: 'AIRKIT_KEY' });
    expect(bundle?.rename).toEqual([{ from: 'ghcr.io/acme/*', to: 'apps.example.com/acme/*' }]);
  });
});
