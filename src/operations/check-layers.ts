import { createHash } from 'node:crypto';
import { isAirkitError, messageOf, type Problem } from '../errors.ts';
import type { BundleIndex, BundleLayer } from '../archive/bundle-index.ts';
import { blobPathOf } from '../archive/stock-views.ts';
import { decompress } from '../compression/decompress.ts';
import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { digestFromHex } from '../oci/digest.ts';
import { layerEncodingOf } from '../oci/media-types.ts';

/** Decompresses every layer of a kit that is at hand and compares it with the diffID that its config names. */
export async function checkLayers(
  { index, content }: { readonly index: BundleIndex; readonly content: ContentReader },
  options: OperationOptions = {},
): Promise<Problem[]> {
  const absent = new Set(index.absent.map(({ digest }) => digest));
  const layers = new Map<string, BundleLayer>();
  for (const layer of index.images.flatMap(({ manifests }) =>
    manifests.flatMap((manifest) => manifest.layers),
  )) {
    const { descriptor, diffID } = layer;
    const isThere = !absent.has(descriptor.digest) || (await content.has(descriptor, options));
    if (diffID !== undefined && isThere) layers.set(`${descriptor.digest} ${diffID}`, layer);
  }
  const problems: Problem[] = [];
  for (const layer of layers.values()) {
    const problem = await checkLayer(layer, content, options);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/** Decompresses one layer. @returns what is wrong with it */
export async function checkLayer(
  { descriptor, diffID, uncompressedSize }: BundleLayer,
  content: ContentReader,
  options: OperationOptions,
): Promise<Problem | undefined> {
  const subject = blobPathOf(descriptor.digest);
  const problem = (code: string, message: string): Problem => ({
    code,
    severity: 'error',
    message: `${subject}: ${message}`,
    subject,
  });
  const encoding = layerEncodingOf(descriptor.mediaType);
  if (encoding === undefined)
    return problem('UNSUPPORTED', `its type ${descriptor.mediaType} is no layer that can be read`);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of decompress(content.fetch(descriptor, options), {
      signal: options.signal,
      compression: encoding,
      maxBytes: uncompressedSize,
    })) {
      hash.update(chunk);
      size += chunk.byteLength;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    return problem(codeOf(error), messageOf(error));
  }
  const actual = digestFromHex(hash.digest('hex'));
  if (actual !== diffID)
    return problem('DIGEST_MISMATCH', `its diff ID is ${actual}, its config says ${diffID}`);
  if (uncompressedSize === undefined || uncompressedSize === size) return undefined;
  return problem(
    'SIZE_MISMATCH',
    `it has ${size} bytes uncompressed, bundle.json says ${uncompressedSize}`,
  );
}

/** Content that cannot be read is not thereby damaged. */
function codeOf(error: unknown): string {
  if (isAirkitError(error, 'DISK_FAILED')) return 'DISK_FAILED';
  const isTooLarge = isAirkitError(error) && error.context['maxBytes'] !== undefined;
  return isTooLarge ? 'SIZE_MISMATCH' : 'CONTENT_INVALID';
}
