import type { FrameMemory } from './frame-memory.ts';

/**
 * Cuts a stream into chunks that fill a piece of `memory` each, the last one less, whatever the chunks that come in.
 * Each chunk is a copy; the consumer gives its memory back. No bytes give no chunk.
 */
export async function* rechunk(
  bytes: AsyncIterable<Uint8Array>,
  memory: FrameMemory,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let chunk: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  for await (const piece of bytes) {
    for (let done = 0; done < piece.byteLength;) {
      chunk ??= memory.take();
      const part = piece.subarray(done, done + chunk.byteLength - filled);
      chunk.set(part, filled);
      done += part.byteLength;
      filled += part.byteLength;
      if (filled < chunk.byteLength) break;
      yield chunk;
      chunk = undefined;
      filled = 0;
    }
  }
  if (chunk !== undefined) yield chunk.subarray(0, filled);
}
