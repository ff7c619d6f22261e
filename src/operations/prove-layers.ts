import { AirkitError } from '../errors.ts';
import type { Cache } from '../content/cache.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { ContentReader } from '../content/content.ts';
import type { GraphLayer } from '../oci/image-graph.ts';
import { checkLayer } from './check-layers.ts';
import { subjectOf, type DescribedImage } from './describe-bundle.ts';
import type { FailureLog } from './image-failures.ts';

/** Layouts and archives are files that anybody may have put together; what engines export is checked as it is encoded. */
const FILE_MEDIA: ReadonlySet<string> = new Set(['oci', 'oci-archive', 'docker-archive']);

/** Smaller layers are decompressed sooner than a record of it is found. In bytes, as stored. */
const WORTH_A_RECORD = 64 * 1024;

/**
 * Decompresses layers whose diffID only a file's word stands for, once each: what was proved of large ones is remembered in the cache.
 * Images with a layer that fails are noted: DIGEST_MISMATCH, CONTENT_INVALID naming the image, the layer and what its
 * config says.
 *
 * @returns the other images
 */
export async function proveLayers(
  described: readonly DescribedImage[],
  { cache, failures }: { readonly cache: Cache; readonly failures: FailureLog },
  options: OperationOptions = {},
): Promise<DescribedImage[]> {
  const failed = new Set<DescribedImage>();
  await mapLimited(
    unprovedLayers(described).values(),
    async (layer, call) => {
      try {
        await proveLayer(layer, cache, call);
      } catch (error) {
        options.signal?.throwIfAborted();
        for (const image of layer.images.filter((one) => !failed.has(one))) {
          failures.note(subjectOf(image.chosen), error);
          failed.add(image);
        }
      }
    },
    options,
  );
  return described.filter((image) => !failed.has(image));
}

async function proveLayer(
  { layer, content, reference }: UnprovedLayer,
  cache: Cache,
  call: OperationOptions,
): Promise<void> {
  const key = `diff ID of ${layer.descriptor.digest} is ${layer.diffId}`;
  const isRecorded = layer.descriptor.size >= WORTH_A_RECORD;
  if (isRecorded && (await cache.findExport(key)) !== undefined) return;
  const problem = await checkLayer(
    { descriptor: layer.descriptor, diffID: layer.diffId },
    content,
    call,
  );
  if (problem === undefined) return isRecorded ? cache.recordExport(key, []) : undefined;
  const context = { reference, digest: layer.descriptor.digest };
  if (problem.code === 'DISK_FAILED') {
    throw new AirkitError(problem.code, `${reference}: ${problem.message}`, { context });
  }
  // A damaged blob is told as such: reading it to its end fails with its own digest.
  for await (const _ of content.fetch(layer.descriptor, call)) continue;
  const code = problem.code === 'DIGEST_MISMATCH' ? problem.code : 'CONTENT_INVALID';
  throw new AirkitError(code, `${reference}: ${problem.message}`, {
    hint: 'The source is damaged or was tampered with: get the image again from where it was made.',
    context,
  });
}

interface UnprovedLayer {
  readonly layer: GraphLayer;
  readonly content: ContentReader;
  readonly reference: string;
  /** All that have it. */
  readonly images: DescribedImage[];
}

function unprovedLayers(described: readonly DescribedImage[]): Map<string, UnprovedLayer> {
  const layers = new Map<string, UnprovedLayer>();
  for (const one of described) {
    const { chosen, exact, image, uncompressedSizes } = one;
    const isProved =
      uncompressedSizes !== undefined || !FILE_MEDIA.has(chosen.selector.from.transport);
    if (isProved || exact === undefined || image === undefined) continue;
    for (const layer of exact.graph.carried.flatMap((manifest) => manifest.layers)) {
      if (layer.diffId === undefined) continue;
      const { content } = image;
      const key = `${layer.descriptor.digest} ${layer.diffId}`;
      const known = layers.get(key) ?? {
        layer,
        content,
        reference: chosen.reference,
        images: [],
      };
      known.images.push(one);
      layers.set(key, known);
    }
  }
  return layers;
}
