import type { Image, ImageDescription } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import type { ChosenImage } from './choose-images.ts';
import { describeResolved, subjectOf, type DescribedImage } from './describe-bundle.ts';
import type { FailureLog } from './image-failures.ts';

/**
 * Brings the bytes of images to hand and reads their documents; each source exports once. Images that fail are noted,
 * and the others come without them.
 */
export async function resolveImages(
  images: readonly ChosenImage[],
  failures: FailureLog,
  options: OperationOptions,
): Promise<DescribedImage[]> {
  const resolved = new Map<ChosenImage, Image>();
  for (const source of new Set(images.map((chosen) => chosen.source))) {
    const own = images.filter((chosen) => chosen.source === source);
    for (const [chosen, image] of await resolveTogether(own, failures, options))
      resolved.set(chosen, image);
  }
  const inOrder = images.flatMap((chosen) => {
    const image = resolved.get(chosen);
    return image === undefined ? [] : [[chosen, image] as const];
  });
  const read = async ({ root, content, uncompressedSizes }: Image): Promise<ImageDescription> => ({
    graph: await readImageGraph(root, content, options),
    uncompressedSizes,
  });
  return describeResolved(new Map(inOrder), { failures, read }, options);
}

/**
 * An export of many that fails does not say which image is to blame, so it is tried again in halves. What good halves
 * bring stays in the cache.
 */
async function resolveTogether(
  images: readonly ChosenImage[],
  failures: FailureLog,
  options: OperationOptions,
): Promise<[ChosenImage, Image][]> {
  const [first] = images;
  if (first === undefined) return [];
  try {
    const found = await first.source.resolve(
      images.map(({ listed }) => listed),
      options,
    );
    return images.map((chosen, position) => [chosen, required(found[position])]);
  } catch (error) {
    options.signal?.throwIfAborted();
    const extent = failures.extentOf(subjectOf(first), error);
    if (extent !== 'image' || images.length === 1) {
      for (const chosen of images) failures.note(subjectOf(chosen), error);
      return [];
    }
    const middle = Math.ceil(images.length / 2);
    return [
      ...(await resolveTogether(images.slice(0, middle), failures, options)),
      ...(await resolveTogether(images.slice(middle), failures, options)),
    ];
  }
}

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a source gave fewer answers than it was asked for');
  return value;
}
