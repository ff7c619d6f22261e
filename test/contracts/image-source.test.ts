import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../src/oci/digest.ts';
import { openDockerArchiveSource } from '../../src/transports/docker-archive/source.ts';
import { openOciArchiveSource } from '../../src/transports/oci-archive/source.ts';
import { openLayoutSource } from '../../src/transports/oci/source.ts';
import {
  compressWith,
  dockerArchiveShapes,
  ociLayoutFiles,
  writeFiles,
} from '../support/archive-builder.ts';
import { buildImage, indexRoot, manifestRoot, tarOf } from '../support/image-builder.ts';
import type { BuiltImage, BuiltRoot, TarFile } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { imageSourceContract, type SourceUnderTest } from './image-source.ts';

const temporary = useTempFolder();

async function buildImages(): Promise<BuiltImage[]> {
  return Promise.all([
    buildImage({ names: ['app:1'], layers: [1, 2], labels: { name: 'library/app' } }),
    buildImage({ names: ['ghcr.io/acme/api:2'], layers: [1, 3, 2], labels: { name: 'acme/api' } }),
    buildImage({ names: ['localhost:5000/x:3'], layers: [4], labels: { name: 'x' } }),
  ]);
}

const plainNames = ['docker.io/library/app:1', 'ghcr.io/acme/api:2', 'localhost:5000/x:3'];

function expected(images: readonly BuiltImage[]): Map<string, readonly Digest[]> {
  return new Map(plainNames.map((name, at) => [name, images.slice(at, at + 1).map(idOf)]));
}

/** The images, and one of two platforms with attestations. */
async function ociRoots(): Promise<{
  roots: BuiltRoot[];
  images: Map<string, readonly Digest[]>;
}> {
  const images = await buildImages();
  const labels = { name: 'acme/multi' };
  const platforms = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) =>
      buildImage({ layers: [1, architecture.length], architecture, labels }),
    ),
  );
  const roots = [
    ...images.map((image) => manifestRoot(image)),
    indexRoot('quay.io/acme/multi:1', platforms),
  ];
  return {
    roots,
    images: new Map([...expected(images), ['quay.io/acme/multi:1', platforms.map(idOf)]]),
  };
}

async function archive(files: readonly TarFile[], compression: 'none' | 'gzip'): Promise<string> {
  const path = join(await temporary.fresh(), 'images.tar');
  await writeFile(path, compressWith(compression, await tarOf(files)));
  return path;
}

imageSourceContract('oci: a layout folder', async (): Promise<SourceUnderTest> => {
  const { roots, images } = await ociRoots();
  const folder = await temporary.fresh();
  await writeFiles(folder, ociLayoutFiles(roots));
  return {
    open: async () => openLayoutSource(folder),
    openMissing: async () => openLayoutSource(join(folder, 'missing')),
    images,
    freshFolder: async () => temporary.fresh(),
  };
});

for (const compression of ['none', 'gzip'] as const) {
  imageSourceContract(`oci-archive, compression ${compression}`, async () => {
    const { roots, images } = await ociRoots();
    const path = await archive(ociLayoutFiles(roots), compression);
    return {
      open: async (target, options) => openOciArchiveSource(path, target, options),
      openMissing: async (target) => openOciArchiveSource(`${path}.missing`, target),
      images,
      freshFolder: async () => temporary.fresh(),
    };
  });

  // Compressed, shapes differ only in whether their layers are: test/unit/image-archive has them all.
  const shapes = Object.entries(dockerArchiveShapes).filter(
    ([shape]) => compression === 'none' || shape === 'docker 20.10' || shape === 'kaniko',
  );
  for (const [shape, filesOf] of shapes) {
    imageSourceContract(`docker-archive as ${shape} writes it, ${compression}`, async () => {
      const images = await buildImages();
      const path = await archive(filesOf(images), compression);
      return {
        open: async (target, options) => openDockerArchiveSource(path, target, options),
        openMissing: async (target) => openDockerArchiveSource(`${path}.missing`, target),
        images: expected(images),
        freshFolder: async () => temporary.fresh(),
      };
    });
  }
}

function idOf({ imageId }: BuiltImage): Digest {
  return imageId;
}
