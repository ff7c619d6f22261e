import type { Descriptor } from '../oci/descriptor.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** Passes bytes on and tells how many, chunk by chunk. */
export async function* countBytes(
  bytes: ByteStream,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/** Passes bytes on and reports them as progress; stops when the operation is aborted. */
export function reportBytes(
  bytes: ByteStream,
  { signal, onProgress }: OperationOptions,
): ByteStream {
  return countBytes(bytes, (count) => {
    signal?.throwIfAborted();
    onProgress?.({ kind: 'bytes', bytes: count });
  });
}

/** Tells that some blobs will move, each counted once. */
export function expectBlobs(blobs: Iterable<Descriptor>, { onProgress }: OperationOptions): void {
  const sizes = new Map(Array.from(blobs, ({ digest, size }) => [digest, size]));
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > 0) onProgress?.({ kind: 'expected', bytes });
}
