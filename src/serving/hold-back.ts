import type { ByteStream } from '../content/operation.ts';

/**
 * Passes a stream on, one chunk late: the last one goes out only when the stream has ended well. A stream that ends by
 * an error, as one of wrong bytes does, is thus never passed on whole.
 */
export async function* holdBackLast(bytes: ByteStream): AsyncGenerator<Uint8Array, void> {
  let held: Uint8Array | undefined;
  for await (const chunk of bytes) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}
