import type { ByteStream } from '../../content/operation.ts';

/** A stream without its first `count` bytes. */
export async function* skipBytes(
  bytes: ByteStream,
  count: number,
): AsyncGenerator<Uint8Array, void> {
  let left = count;
  for await (const chunk of bytes) {
    const rest = chunk.subarray(Math.min(left, chunk.byteLength));
    left -= chunk.byteLength - rest.byteLength;
    if (rest.byteLength > 0) yield rest;
  }
}
