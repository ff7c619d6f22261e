/** What registries may serve and a kit cannot carry: schema 1 manifests, and layers that may not be distributed. */
import { describe, expect, it } from 'vitest';
import type { ImageSource } from '../../../src/content/image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import {
  buildImage,
  descriptorOf,
  indexRoot,
  jsonBytes,
  manifestRoot,
  type BuiltRoot,
} from '../../support/image-builder.ts';
import type { TestRegistry } from '../../support/test-registry.ts';
import { filled, open } from './filled-registry.ts';

const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

/** An image whose manifest says that its layers are elsewhere, as those of Windows were. */
async function foreignRoot(): Promise<BuiltRoot> {
  const { descriptor, blobs } = manifestRoot(await buildImage({ layers: [5] }));
  const document = JSON.parse(blobs.get(descriptor.digest)?.toString() ?? '{}');
  for (const layer of document.layers)
    Object.assign(layer, { mediaType: FOREIGN, urls: ['https://layers.example/1'] });
  const bytes = jsonBytes(document);
  const kept = [...blobs].filter(([digest]) => digest !== descriptor.digest);
  const root = descriptorOf(descriptor.mediaType, bytes);
  return { name: 'foreign', descriptor: root, blobs: new Map([...kept, [root.digest, bytes]]) };
}

/** An index of a usual image for amd64 and the foreign one for windows. */
async function mixedRoot(): Promise<BuiltRoot> {
  const usual = indexRoot('mixed', [await buildImage({ layers: [1] })]);
  const foreign = await foreignRoot();
  const document = JSON.parse(usual.blobs.get(usual.descriptor.digest)?.toString() ?? '{}');
  const platform = { os: 'windows', architecture: 'amd64' };
  document.manifests.push({ ...foreign.descriptor, platform });
  const bytes = jsonBytes(document);
  const descriptor = descriptorOf(MEDIA_TYPES.ociIndex, bytes);
  const blobs = new Map([...usual.blobs, ...foreign.blobs, [descriptor.digest, bytes] as const]);
  return { name: 'mixed', descriptor, blobs };
}

function putSchema1(registry: TestRegistry): void {
  const bytes = jsonBytes({ schemaVersion: 1, name: 'acme/old', tag: '1', fsLayers: [] });
  const repository = registry.repositories.get('acme/tools');
  repository?.manifests.set(digestOf(bytes), { type: SCHEMA_1, bytes });
  repository?.tags.set('old', digestOf(bytes));
}

async function describeAll(source: ImageSource, warnings: string[] = []): Promise<boolean[][]> {
  const { images } = await source.list();
  const described = await source.describe(images, {
    onProgress: (event) => void (event.kind === 'warning' && warnings.push(event.message)),
  });
  return described.map((one) =>
    'graph' in one ? one.graph.manifests.map(({ isHeld }) => isHeld) : [],
  );
}

describe('an image that cannot be carried', () => {
  it('by schema 1 is an error, and does not keep its neighbours from being listed', async () => {
    const registry = await filled();
    putSchema1(registry);
    await using literal = await open(registry, ['acme/tools:{old,2}']);
    const { images, failures } = await literal.list();
    expect(images.map(({ reference }) => reference.tag)).toEqual(['2']);
    expect(failures).toMatchObject([{ error: { code: 'UNSUPPORTED' } }]);
    await using globbed = await open(registry, ['acme/tools:*']);
    await expect(describeAll(globbed)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: expect.any(String),
    });
  });

  it('for its foreign layers is an error that says what to do', async () => {
    const registry = await filled();
    registry.put('acme/windows', '1', await foreignRoot());
    await using source = await open(registry, ['acme/windows:1']);
    await expect(describeAll(source)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: expect.stringContaining('exclude'),
    });
  });

  it('for one platform only is carried for the others, which is told', async () => {
    const registry = await filled();
    registry.put('acme/mixed', '1', await mixedRoot());
    const warnings: string[] = [];
    await using source = await open(registry, ['acme/mixed:1']);
    const [usual, attestation, foreign] = [true, true, false];
    expect(await describeAll(source, warnings)).toEqual([[usual, attestation, foreign]]);
    expect(warnings).toEqual([expect.stringContaining('windows/amd64')]);
  });
});
