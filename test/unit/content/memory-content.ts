/** Content in memory, and streams of it. */
import type { ContentReader } from '../../../src/content/content.ts';
import { bytesLocation, mappedReader } from '../../../src/content/mapped-reader.ts';
import type { Digest } from '../../../src/oci/digest.ts';

export function contentOf(blobs: ReadonlyMap<Digest, Buffer>): ContentReader {
  const places = new Map([...blobs].map(([digest, bytes]) => [digest, bytesLocation(bytes)]));
  return mappedReader(places, { where: 'memory' });
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function* streamOf(
  ...chunks: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** Yields some bytes, then fails. */
export async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a');
  throw error;
}
