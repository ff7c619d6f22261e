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
