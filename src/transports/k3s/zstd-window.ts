import { readBytes } from '../../compression/byte-reader.ts';
import { firstZstdHeader } from '../../compression/zstd-frames.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { layerEncodingOf } from '../../oci/media-types.ts';
import type { IncludedImage } from './k3s-archive.ts';

/** k3s decodes zstd with this much memory (k3s pkg/untar). In bytes. */
const MAX_WINDOW = 32 * 1024 * 1024;

/**
 * The largest window above k3s's limit that a zstd layer of an image asks for, in bytes; undefined where none does. Of
 * each layer that is at hand the first frame header is read.
 *
 * @throws AirkitError CONTENT_INVALID for a layer that is no zstd stream, UNSUPPORTED for a window above 128 MiB
 */
export async function oversizedWindow(
  { image, graph }: IncludedImage,
  options: OperationOptions,
): Promise<number | undefined> {
  let largest = 0;
  for (const { descriptor } of graph.carried.flatMap(({ layers }) => layers)) {
    if (layerEncodingOf(descriptor.mediaType) !== 'zstd') continue;
    if (!(await image.content.has(descriptor, options))) continue;
    const chunks = image.content.fetch(descriptor, options)[Symbol.asyncIterator]();
    try {
      const { windowSize } = await firstZstdHeader(readBytes(chunks));
      largest = Math.max(largest, windowSize);
    } finally {
      await chunks.return?.();
    }
  }
  return largest > MAX_WINDOW ? largest : undefined;
}
