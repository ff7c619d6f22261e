/** Texts of an image that would be another image's name, another row, or a command, where they are written next. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, verify } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { findCredential } from '../../src/transports/registry/credentials.ts';
import {
  demoBundle,
  makeSite,
  rootOf,
  writeBundles,
  writeLayout,
  type Site,
} from '../cli/support/site.ts';
import { buildImage, jsonBytes, manifestRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
});

interface Index {
  manifests: { annotations: Record<string, string> }[];
}

describe('annotations', () => {
  it('of a layout that say two names bring one, and nothing else of them', async () => {
    await writeLayout(site.path('layout'), [
      await rootOf({ names: ['ghcr.io/acme/good:1'], layers: [1] }),
    ]);
    const path = site.path('layout', 'index.json');
    const index: Index = JSON.parse(await readFile(path, 'utf8'));
    const [root] = index.manifests;
    Object.assign(root?.annotations ?? {}, {
      'io.containerd.image.name': 'ghcr.io/acme/good:1',
      'org.opencontainers.image.ref.name': 'evil.example/bad:2',
      'org.opencontainers.image.base.name': 'evil.example/bad:3',
      'io.containerd.image.name ': 'evil.example/bad:4',
    });
    await writeFile(path, JSON.stringify(index));
    await writeBundles(site.path('bundles.yaml'), [demoBundle()]);
    await pack(site.host, { key: 'env:RELEASE_KEY' });
    const archive = await readFile(site.path('kit', 'bundle.tar'), 'latin1');
    expect(archive).toContain('ghcr.io/acme/good:1');
    expect(archive).not.toContain('evil.example');
    expect(
      (await verify(site.host, site.path('kit'), { trust: [site.path('release.pub')] })).ok,
    ).toBe(true);
  });
});

describe('platforms', () => {
  const row = `amd64\tdocker\nevil.example/bad:1\t${digestOf('x')}\t${digestOf('y')}\tlinux/amd64`;

  it.each([row, 'amd64\u001B[2J', 'amd 64', '', '$(reboot)', 'a'.repeat(200)])(
    '"%s" make no rows of images.txt',
    async (architecture) => {
      const image = await buildImage({ names: ['ghcr.io/acme/odd:1'], layers: [1] });
      const config: object = JSON.parse(image.config.toString('utf8'));
      const bent = jsonBytes({ ...config, architecture });
      const layout = await folder.fresh();
      await writeLayout(layout, [
        manifestRoot({ ...image, config: bent, imageId: digestOf(bent) }),
      ]);
      const images = [{ from: `oci:${layout}`, include: ['*'] }];
      await writeBundles(join(layout, 'bundles.yaml'), [
        demoBundle({ images, output: { path: 'kit' } }),
      ]);
      const packing = pack(site.host, {
        file: join(layout, 'bundles.yaml'),
        key: 'env:RELEASE_KEY',
      });
      if (architecture === '') {
        await packing;
        const text = await readFile(join(layout, 'kit', 'images.txt'), 'utf8');
        expect(
          text
            .trimEnd()
            .split('\n')
            .filter((line) => !line.startsWith('#')),
        ).toHaveLength(1);
      } else await expect(packing).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
    },
  );
});

describe('references', () => {
  it.each([
    'ghcr.io/acme/api:1\u001B[2J',
    'ghcr.io/acme/api\n:1',
    'ghcr.io/acme/api:1\u202E',
    'ghcr.io/acme/аpi:1', // a Cyrillic letter
    'ghcr.io/acme/../api:1',
    'ghcr.io//api:1',
    '-v/api:1',
    'ghcr.io/acme/api:-1',
    'ghcr.io/acme/api:1;reboot',
    'ghcr.io/acme/api:$(x)',
    `ghcr.io/acme/api@sha512:${'0'.repeat(128)}`,
    `ghcr.io/acme/${'a'.repeat(300)}`,
    `ghcr.io/acme/api:${'1'.repeat(129)}`,
    'ghcr.io/acme/api:1 evil.example/bad:1',
  ])('"%s" is none', (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });
});

describe('credential helpers', () => {
  it.each([
    '../../tmp/evil',
    '/tmp/evil',
    'evil; touch evil',
    'evil\nx',
    '$(touch evil)',
    'evil x',
    '\u0000evil',
  ])('called "%s" are not run', async (helper) => {
    const place = await folder.fresh();
    await mkdir(join(place, 'tmp'));
    const marker = join(place, 'ran');
    await writeFile(join(place, 'tmp', 'evil'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    for (const config of [{ credsStore: helper }, { credHelpers: { 'a.example': helper } }]) {
      await writeFile(join(place, 'config.json'), JSON.stringify(config));
      const environment = { DOCKER_CONFIG: place, PATH: `${place}/tmp:/usr/bin:/bin` };
      const finding = findCredential({ host: 'a.example', environment });
      await expect(finding).rejects.toMatchObject({ code: 'USAGE' });
    }
    await expect(stat(marker)).rejects.toThrow('ENOENT');
  });
});

describe('private keys', () => {
  it.each([
    [0o644, 1],
    [0o640, 1],
    [0o604, 1],
    [0o600, 0],
    [0o400, 0],
  ])('of mode %i give %i warnings', async (mode, count) => {
    const place = await makeSite(await folder.fresh());
    await writeLayout(place.path('layout'), [await rootOf({ names: ['a:1'], layers: [1] })]);
    await writeBundles(place.path('bundles.yaml'));
    await writeFile(place.path('loose.key'), place.environment['RELEASE_KEY'] ?? '', { mode });
    const [kit] = await pack(place.host, { key: place.path('loose.key') });
    expect(kit?.warnings.filter((one) => one.includes('loose.key'))).toHaveLength(count);
  });
});
