/** Opens archives made of files, with a cache of their own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCache, type Cache } from '../../../src/content/cache.ts';
import type { Image, ImageSource } from '../../../src/content/image.ts';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import { openEncoder } from '../../../src/compression/encoder.ts';
import type { IngestTarget } from '../../../src/image-archive/ingest-layer.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { heldDescriptors } from '../../../src/oci/image-graph.ts';
import { formatReference } from '../../../src/oci/reference.ts';
import { openDockerArchiveSource } from '../../../src/transports/docker-archive/source.ts';
import { compressWith, type OuterCompression } from '../../support/archive-builder.ts';
import { tarOf, type TarFile } from '../../support/image-builder.ts';
import type { TempFolder } from '../../support/temp-folder.ts';

export async function writeArchive(
  folder: TempFolder,
  files: readonly TarFile[],
  compression: OuterCompression = 'none',
): Promise<string> {
  const path = join(await folder.fresh(), 'images.tar');
  await writeFile(path, compressWith(compression, await tarOf(files)));
  return path;
}

export async function freshTarget(folder: TempFolder): Promise<IngestTarget> {
  return { cache: openCache(await folder.fresh()), encoder: await openEncoder('gzip') };
}

/** Resolves all that a source offers. */
export async function resolveAll(source: ImageSource): Promise<readonly Image[]> {
  await using open = source;
  return open.resolve((await open.list()).images);
}

export async function resolveArchive(
  path: string,
  target: IngestTarget,
): Promise<readonly Image[]> {
  return resolveAll(await openDockerArchiveSource(path, target));
}

/** Reads every byte of an image, whether its source claims to hold it or not. */
export async function drain(image: Image): Promise<void> {
  const graph = await readImageGraph(image.root, image.content);
  const layers = graph.manifests.flatMap((manifest) => manifest.layers);
  const all = [...heldDescriptors(graph), ...layers.map(({ descriptor }) => descriptor)];
  for (const descriptor of all) {
    for await (const _ of image.content.fetch(descriptor)) continue;
  }
}

/** What of an image no encoding changes. */
export async function identityOf(
  image: Image,
): Promise<{ name: string; imageIds: Digest[]; diffIds: (Digest | undefined)[] }> {
  const { manifests } = await readImageGraph(image.root, image.content);
  return {
    name: formatReference(image.reference),
    imageIds: manifests.map(({ config }) => config.digest),
    diffIds: manifests.flatMap(({ layers }) => layers.map(({ diffId }) => diffId)),
  };
}

/** A cache that counts what is stored in it. */
export function counting(cache: Cache): Cache & { readonly stored: () => number } {
  let stored = 0;
  return {
    ...cache,
    stored: () => stored,
    ingest: async (bytes, options) => {
      stored += 1;
      return cache.ingest(bytes, options);
    },
    push: async (expected, bytes, options) => {
      stored += 1;
      return cache.push(expected, bytes, options);
    },
  };
}
