import type { ByteStream } from '../../content/operation.ts';
import type { StreamedBody } from './http.ts';

/** A stretch of a stream that can be read once, before the next one. */
export interface StreamPart {
  /** Bytes before it. */
  readonly offset: number;
  readonly body: StreamedBody;
}

export interface StreamCut {
  /** Bytes of the whole. */
  readonly size: number;
  readonly partBytes: number;
  /** Bytes of the whole that are before the stream. Default 0. */
  readonly from?: number | undefined;
}

/** Cuts a stream of a known size into parts, which pass through; nothing but a piece of one chunk is kept. */
export async function* splitStream(
  bytes: ByteStream,
  { size, partBytes, from = 0 }: StreamCut,
): AsyncGenerator<StreamPart, void> {
  const iterator = bytes[Symbol.asyncIterator]();
  const rest: { chunk: Uint8Array } = { chunk: new Uint8Array(0) };
  try {
    for (let offset = from; offset < size; offset += partBytes) {
      const length = Math.min(partBytes, size - offset);
      yield { offset, body: { size: length, open: () => takeBytes(iterator, rest, length) } };
    }
    // The stream checks its digest at its end, which the last part need not reach.
    while ((await iterator.next()).done !== true);
  } finally {
    await iterator.return?.();
  }
}

async function* takeBytes(
  iterator: AsyncIterator<Uint8Array>,
  rest: { chunk: Uint8Array },
  length: number,
): AsyncGenerator<Uint8Array, void> {
  const kept = rest;
  let left = length;
  while (left > 0) {
    if (kept.chunk.byteLength === 0) {
      const next = await iterator.next();
      if (next.done === true) return;
      kept.chunk = next.value;
    }
    const part = kept.chunk.subarray(0, left);
    kept.chunk = kept.chunk.subarray(part.byteLength);
    left -= part.byteLength;
    yield part;
  }
}
