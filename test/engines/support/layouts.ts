/** Images of test/support/image-builder in an OCI layout, which bundles files name as `oci:DIR`. */
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import type { AirkitPlace } from '../../support/airkit-command.ts';
import {
  buildImage,
  indexRoot,
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
