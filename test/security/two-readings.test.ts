/** Archives that are a Docker archive and an OCI layout at once: one tool loads what manifest.json says, another index.json. */
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOf, hexOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';
import { openDockerArchiveSource } from '../../src/transports/docker-archive/source.ts';
import { openOciArchiveSource } from '../../src/transports/oci-archive/source.ts';
import { ociLayoutFiles } from '../support/archive-builder.ts';
import { buildImage, jsonBytes, manifestRoot } from '../support/image-builder.ts';
import type { BuiltImage, TarFile } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  drain,
  freshTarget,
  resolveAll,
  writeArchive,
} from '../unit/image-archive/archive-sources.ts';

const folder = useTempFolder();
const OPENERS = [openDockerArchiveSource, openOciArchiveSource] as const;
let image: BuiltImage;
let other: BuiltImage;

beforeAll(async () => {
  image = await buildImage({ names: ['app:1'], layers: [1, 2] });
  other = await buildImage({ names: ['app:1'], layers: [3, 4] });
});

const blobPath = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;

/** A layout with `image` under the name app:1, and a manifest.json with `shown` under the same or another one. */
function both(shown: BuiltImage, changes: object = {}): TarFile[] {
  const layout = ociLayoutFiles([manifestRoot(image)]);
  const known = new Set(layout.map(({ name }) => name));
  const own = ociLayoutFiles([manifestRoot(shown)]).filter(({ name }) => !known.has(name));
  const item = {
    Config: blobPath(shown.imageId),
    RepoTags: ['app:1'],
    Layers: shown.layers.map(({ gzip }) => blobPath(digestOf(gzip))),
    ...changes,
  };
  return [...layout, ...own, { name: 'manifest.json', body: jsonBytes([item]) }];
}

/** As classic stores since Docker 25 write it, of which airkit believes manifest.json. */
const CLASSIC = { LayerSources: { [digestOf('x')]: { mediaType: MEDIA_TYPES.ociLayer } } };

describe.each(['none', 'gzip'] as const)('an archive of two kinds, compression %s', (outer) => {
  it('is read where both tell of one image, or of images of different names', async () => {
    for (const files of [both(image), both(image, CLASSIC), both(other, { RepoTags: ['b:1'] })]) {
      const path = await writeArchive(folder, files, outer);
      for (const open of OPENERS)
        for (const one of await resolveAll(await open(path, await freshTarget(folder))))
          await drain(one);
    }
  });

  it('is refused where they tell of different images under one name', async () => {
    for (const changes of [{}, CLASSIC, { RepoTags: ['docker.io/library/app:1'] }]) {
      const path = await writeArchive(folder, both(other, changes), outer);
      for (const open of OPENERS) {
        const refused = { code: 'CONTENT_INVALID' };
        await using source = await open(path, await freshTarget(folder));
        const { images } = await source.list();
        await expect(source.describe(images)).rejects.toMatchObject(refused);
        await expect(source.resolve(images)).rejects.toMatchObject(refused);
      }
    }
  });
});
