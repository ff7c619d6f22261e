import { detectCompression, type Compression } from '../compression/compression.ts';
import type { ByteStream } from '../content/operation.ts';

/** Reads the first chunk of a stream and gives the whole stream back. */
export async function peekCompression(
  bytes: ByteStream,
): Promise<{ compression: Compression; whole: ByteStream }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done === true ? new Uint8Array() : first.value;
  async function* whole(): AsyncGenerator<Uint8Array, void> {
    try {
      if (head.byteLength > 0) yield head;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { compression: detectCompression(head), whole: whole() };
}
