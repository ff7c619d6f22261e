/**
 * Cuts a stream into chunks of exactly `size` bytes, the last one smaller, whatever the chunks that come in. Each chunk
 * is a copy in memory of its own. No bytes give no chunk.
 *
 * @param size bytes per chunk, at least 1
 */
export async function* rechunk(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let chunk = new Uint8Array(size);
  let filled = 0;
  for await (const piece of bytes) {
    let done = 0;
    while (done < piece.byteLength) {
      const part = piece.subarray(done, done + size - filled);
      chunk.set(part, filled);
      done += part.byteLength;
      filled += part.byteLength;
      if (filled < size) break;
      yield chunk;
      chunk = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
