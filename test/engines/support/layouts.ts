/** Images of test/support/image-builder in an OCI layout, which bundles files name as `oci:DIR`. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack as createPack } from 'tar-stream';
import { digestOf } from '../../../src/oci/digest.ts';
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import type { AirkitPlace } from '../../support/airkit-command.ts';
import {
  buildImage,
  indexRoot,
  jsonBytes,
  manifestRoot,
  type BuiltRoot,
  type ImageRecipe,
} from '../../support/image-builder.ts';
import { pack, writeBundles } from './kits.ts';

/** An image of one platform, as a manifest. */
export async function plainRoot(
  name: string,
  layers: readonly number[],
  recipe: Partial<ImageRecipe> = {},
): Promise<BuiltRoot> {
  return manifestRoot(await buildImage({ ...recipe, names: [name], layers }));
}

/** An index over architectures that have layer 70 in common, and layers 71, 72, … of their own. */
export async function multiRoot(
  name: string,
  architectures: readonly string[],
): Promise<BuiltRoot> {
  const images = architectures.map(async (architecture, position) =>
    buildImage({ names: [name], architecture, layers: [70, 71 + position] }),
  );
  return indexRoot(name, await Promise.all(images));
}

/** An image of this machine's own busybox that prints a line. */
export async function busyboxRoot(name: string, line: string): Promise<BuiltRoot> {
  const tar = createPack();
  tar.entry({ name: 'busybox', mode: 0o755, mtime: new Date(0) }, await readFile('/bin/busybox'));
  tar.finalize();
  const bytes = await buffer(tar);
  const layer = { tar: bytes, gzip: gzipSync(bytes), diffId: digestOf(bytes) };
  const platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
  const config = jsonBytes({
    ...platform,
    config: { Cmd: ['/busybox', 'echo', line] },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  });
  const diffIds = [layer.diffId];
  const names = [name];
  const imageId = digestOf(config);
  return manifestRoot({ names, config, imageId, diffIds, layers: [layer], platform });
}

/** Packs images into the kit `dist/NAME`. @returns its folder */
export async function packRoots(
  place: AirkitPlace,
  name: string,
  roots: readonly BuiltRoot[],
): Promise<string> {
  const layout = place.path('layouts', name);
  await writeFiles(layout, ociLayoutFiles(roots));
  await writeBundles(place, { name, images: [{ from: `oci:${layout}`, include: ['*'] }] });
  await pack(place);
  return place.path('dist', name);
}
