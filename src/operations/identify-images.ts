import type { ImageDescription, ImageSource, ListedImage } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { ImageIdentity } from '../oci/image-identity.ts';

/**
 * Which images listed names stand for, in the order asked for, from metadata alone.
 *
 * @throws what sources throw
 */
export async function identifyImages(
  source: ImageSource,
  images: readonly ListedImage[],
  options: OperationOptions = {},
): Promise<ImageIdentity[]> {
  const silent = images.filter((image) => image.identity === undefined);
  const descriptions = await source.describe(silent, options);
  const described = new Map(silent.map((image, position) => [image, descriptions[position]]));
  return mapLimited(
    images,
    async (image, call) =>
      image.identity === undefined ? identityOf(described.get(image)) : image.identity(call),
    options,
  );
}

/**
 * The config's digest and the layers' diffIDs, which are the same before and after an export; of what is no single image,
 * the root.
 */
function identityOf(description: ImageDescription | undefined): ImageIdentity {
  if (description === undefined)
    throw new Error('a source gave fewer answers than it was asked for');
  if ('estimate' in description) {
    const { imageId, layers } = description.estimate;
    if (imageId === undefined) throw new Error('nobody knows which image it will be');
    return { imageId, diffIds: layers.flatMap(({ diffId }) => diffId ?? []) };
  }
  const { root, manifests } = description.graph;
  const [manifest, ...others] = manifests;
  if (manifest === undefined || others.length > 0 || !manifest.isImage)
    return { root: root.digest };
  const diffIds = manifest.layers.flatMap(({ diffId }) => diffId ?? []);
  return { imageId: manifest.config.digest, diffIds };
}
