import { Buffer } from 'node:buffer';
import {
  detectCompression,
  DETECTION_BYTES,
  type Compression,
} from '../compression/compression.ts';
import type { ByteStream } from '../content/operation.ts';

/** Reads the first bytes of a stream and gives the whole stream back. */
export async function peekCompression(
  bytes: ByteStream,
): Promise<{ compression: Compression; whole: ByteStream }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < DETECTION_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.byteLength;
  }
  async function* whole(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* chunks;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { compression: detectCompression(Buffer.concat(chunks)), whole: whole() };
}
