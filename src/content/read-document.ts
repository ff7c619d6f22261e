import { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ContentReader } from './content.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** Manifests, indexes and configs are kept in memory up to this size, in bytes; registries have the same limit. */
export const MAX_DOCUMENT_BYTES: number = 4 * 1024 * 1024;

/**
 * Reads a small blob (index, manifest, config) whole and verified.
 *
 * @throws AirkitError CONTENT_INVALID when it is larger than {@link MAX_DOCUMENT_BYTES}; what the reader throws
 */
export async function readDocument(
  content: ContentReader,
  target: Descriptor,
  options: OperationOptions = {},
): Promise<Buffer> {
  if (target.size > MAX_DOCUMENT_BYTES) {
    throw new AirkitError(
      'CONTENT_INVALID',
      `${target.digest}: a document of ${target.size} bytes exceeds the limit of ${MAX_DOCUMENT_BYTES}`,
    );
  }
  return collectBytes(content.fetch(target, options), MAX_DOCUMENT_BYTES);
}

/**
 * All bytes of a stream that is known to be small.
 *
 * @throws AirkitError CONTENT_INVALID beyond `maxBytes`
 */
export async function collectBytes(bytes: ByteStream, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw new AirkitError('CONTENT_INVALID', `more than ${maxBytes} bytes where fewer belong`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
