import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { hexOf } from '../../src/oci/digest.ts';
import { openDockerArchiveSource } from '../../src/transports/docker-archive/source.ts';
import { openOciArchiveSource } from '../../src/transports/oci-archive/source.ts';
import {
  docker20Files,
  dockerArchiveShapes,
  kanikoFiles,
  ociLayoutFiles,
  podmanFiles,
} from '../support/archive-builder.ts';
import { buildImage, jsonBytes, manifestRoot, tarOf } from '../support/image-builder.ts';
import type { BuiltImage, TarFile } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  drain,
  freshTarget,
  resolveAll,
  writeArchive,
} from '../unit/image-archive/archive-sources.ts';

const folder = useTempFolder();
let image: BuiltImage;
let other: BuiltImage;
let podman: TarFile[] = [];

beforeAll(async () => {
  image = await buildImage({ names: ['app:1'], layers: [1, 2] });
  other = await buildImage({ names: ['app:1'], layers: [3, 4] });
  podman = podmanFiles([image]);
});

async function readDocker(files: readonly TarFile[], compression: 'none' | 'gzip'): Promise<void> {
  const path = await writeArchive(folder, files, compression);
  const source = await openDockerArchiveSource(path, await freshTarget(folder));
  for (const one of await resolveAll(source)) await drain(one);
}

async function readOci(files: readonly TarFile[], compression: 'none' | 'gzip'): Promise<void> {
  const path = await writeArchive(folder, files, compression);
  const source = await openOciArchiveSource(path, await freshTarget(folder));
  for (const one of await resolveAll(source)) await drain(one);
}

/** Replaces the body of some file, or drops it. */
function changed(files: readonly TarFile[], name: string, body?: Buffer): TarFile[] {
  const rest = files.filter((one) => one.name !== name);
  if (rest.length === files.length) throw new Error(`there is no ${name}`);
  return body === undefined ? rest : [...rest, { name, body }];
}

const table = (value: unknown): TarFile => ({ name: 'manifest.json', body: jsonBytes(value) });
const without = (files: readonly TarFile[]): TarFile[] => changed(files, 'manifest.json');
const configName = (): string => `${hexOf(image.imageId)}.json`;
const layerName = (position: number): string =>
  `${hexOf(image.layers[position]?.diffId ?? image.imageId)}.tar`;
const item = (changes: object = {}): object => ({
  Config: configName(),
  RepoTags: ['app:1'],
  Layers: [layerName(0), layerName(1)],
  ...changes,
});

describe.each(['none', 'gzip'] as const)('docker archives, outer compression %s', (compression) => {
  it('are read when nothing is wrong', async () => {
    await expect(readDocker(podman, compression)).resolves.toBeUndefined();
  });

  it.each<[string, string, () => TarFile[]]>([
    [
      'a config that is not the one its name says',
      'DIGEST_MISMATCH',
      () => changed(podman, configName(), other.config),
    ],
    [
      'a layer that is not the one its config says',
      'DIGEST_MISMATCH',
      () => changed(podman, layerName(0), other.layers[0]?.tar),
    ],
    [
      'layers in the wrong order',
      'DIGEST_MISMATCH',
      () => [...without(podman), table([item({ Layers: [layerName(1), layerName(0)] })])],
    ],
    ['a layer that is not there', 'ARCHIVE_MALFORMED', () => changed(podman, layerName(1))],
    ['a config that is not there', 'ARCHIVE_MALFORMED', () => changed(podman, configName())],
    [
      'fewer layers than the config lists',
      'CONTENT_INVALID',
      () => [...without(podman), table([item({ Layers: [layerName(0)] })])],
    ],
    [
      'more layers than the config lists',
      'CONTENT_INVALID',
      () => [
        ...without(podman),
        table([item({ Layers: [layerName(0), layerName(1), layerName(1)] })]),
      ],
    ],
    [
      'one layer path for two diffIDs',
      'DIGEST_MISMATCH',
      () => [...without(podman), table([item({ Layers: [layerName(0), layerName(0)] })])],
    ],
    [
      'a layer path that leads out',
      'ARCHIVE_MALFORMED',
      () => [...without(podman), table([item({ Layers: ['../../etc/passwd', layerName(1)] })])],
    ],
    [
      'a config path that is absolute',
      'ARCHIVE_MALFORMED',
      () => [...without(podman), table([item({ Config: '/etc/passwd' })])],
    ],
    [
      'a link that leads out',
      'ARCHIVE_MALFORMED',
      () => [...podman, { name: 'x/evil', linkTo: '../../etc/passwd' }],
    ],
    [
      'a link that is absolute',
      'ARCHIVE_MALFORMED',
      () => [...podman, { name: 'x/evil', linkTo: '/etc/passwd' }],
    ],
    [
      'links in a circle',
      'ARCHIVE_MALFORMED',
      () => [
        ...changed(podman, layerName(0)),
        { name: layerName(0), linkTo: 'round' },
        { name: 'round', linkTo: layerName(0) },
      ],
    ],
    [
      'a link to itself',
      'ARCHIVE_MALFORMED',
      () => [...changed(podman, layerName(0)), { name: layerName(0), linkTo: layerName(0) }],
    ],
    [
      'a link to nothing',
      'ARCHIVE_MALFORMED',
      () => [...changed(podman, layerName(0)), { name: layerName(0), linkTo: 'nowhere' }],
    ],
    ['a manifest.json of null', 'CONTENT_INVALID', () => [...without(podman), table(null)]],
    [
      'a manifest.json with data behind it',
      'CONTENT_INVALID',
      () => [...without(podman), { name: 'manifest.json', body: Buffer.from('[] []') }],
    ],
    ['two manifest.json', 'ARCHIVE_MALFORMED', () => [...podman, table([])]],
    ['no manifest.json', 'ARCHIVE_MALFORMED', () => without(podman)],
    ['a layer with damaged gzip', 'CONTENT_INVALID', () => damagedGzip()],
  ])('are refused with %s: %s', async (_, code, files) => {
    await expect(readDocker(files(), compression)).rejects.toMatchObject({ code });
  });

  it.each<[string, () => TarFile[], RegExp]>([
    ['of Docker before 1.10', () => without(docker20Files([image])), /1\.10/],
    ['that is an OCI layout', () => ociLayoutFiles([manifestRoot(image)]), /oci-archive:/],
    [
      'that docker export wrote',
      () => [{ name: 'etc/hostname', body: Buffer.from('x') }],
      /rootfs:/,
    ],
  ])('give a hint for an archive %s', async (_, files, hint) => {
    const failure = { code: 'ARCHIVE_MALFORMED', hint: expect.stringMatching(hint) };
    await expect(readDocker(files(), compression)).rejects.toMatchObject(failure);
  });
});

const files = (): TarFile[] => ociLayoutFiles([manifestRoot(image)]);

const blob = (position: number): string =>
  files().filter((one) => /\/[0-9a-f]{64}$/.test(one.name))[position]?.name ?? '';

describe.each(['none', 'gzip'] as const)('oci archives, outer compression %s', (compression) => {
  it.each([0, 1, 2, 3])('are refused when blob %i is missing', async (position) => {
    const gone = changed(files(), blob(position));
    await expect(readOci(gone, compression)).rejects.toMatchObject({ code: expect.any(String) });
  });

  it.each([0, 1, 2, 3])('are refused when a byte of blob %i is another', async (position) => {
    const body = Buffer.from(files().find(({ name }) => name === blob(position))?.body ?? '');
    body[body.byteLength - 30] = (body[body.byteLength - 30] ?? 0) ^ 1;
    const bent = changed(files(), blob(position), body);
    await expect(readOci(bent, compression)).rejects.toMatchObject({
      code: expect.stringMatching(/^(DIGEST_MISMATCH|CONTENT_INVALID)$/),
    });
  });

  it('are refused when index.json has a case variant of manifests', async () => {
    const body = jsonBytes({ schemaVersion: 2, manifests: [], Manifests: [] });
    const bent = changed(files(), 'index.json', body);
    await expect(readOci(bent, compression)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
  });

  it('give a hint for a docker archive', async () => {
    const failure = { code: 'ARCHIVE_MALFORMED', hint: expect.stringMatching(/docker-archive:/) };
    await expect(readOci(kanikoFiles([image]), compression)).rejects.toMatchObject(failure);
  });
});

describe('archives that are cut off', () => {
  it.each(Object.entries(dockerArchiveShapes))('are refused: %s', async (_, filesOf) => {
    const tar = await tarOf(filesOf([image]));
    for (let cut = 0; cut < tar.byteLength; cut += 3584) {
      const path = folder.path('cut.tar');
      await writeFile(path, tar.subarray(0, cut));
      const opening = openDockerArchiveSource(path, await freshTarget(folder));
      await expect(opening, `cut at ${cut}`).rejects.toMatchObject({ code: 'ARCHIVE_MALFORMED' });
    }
  });
});

function damagedGzip(): TarFile[] {
  const name = kanikoFiles([image]).find((one) => one.name.endsWith('.tar.gz'));
  const body = Buffer.from(name?.body ?? '');
  body[body.byteLength >> 1] = (body[body.byteLength >> 1] ?? 0) ^ 0xff;
  return changed(kanikoFiles([image]), name?.name ?? '', body);
}
