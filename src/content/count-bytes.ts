import type { Descriptor } from '../oci/descriptor.ts';
import type { LayerFacts } from './image.ts';
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
export function expectBlobs(
  blobs: Iterable<Pick<Descriptor, 'digest' | 'size'>>,
  { onProgress }: OperationOptions,
): void {
  const sizes = new Map(Array.from(blobs, ({ digest, size }) => [digest, size]));
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > 0) onProgress?.({ kind: 'expected', bytes });
}

/** Tells that an engine will export some layers: about as many bytes as their files have, each layer once. */
export function expectLayers(layers: Iterable<LayerFacts>, options: OperationOptions): void {
  const blobs = Array.from(layers, ({ diffId, plainSize }) =>
    diffId === undefined ? [] : [{ digest: diffId, size: plainSize }],
  );
  expectBlobs(blobs.flat(), options);
}
