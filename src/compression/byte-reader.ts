/** Reads a stream of chunks in pieces of the reader's own choice. Holds no more than what was last asked for, and one chunk. */
export interface ByteReader {
  /** The next `size` bytes in one piece, without moving on; fewer only where the stream ends. */
  readonly peek: (size: number) => Promise<Uint8Array>;
  /** {@link ByteReader.peek}, and moves on behind them. */
  readonly take: (size: number) => Promise<Uint8Array>;
  /** The next bytes that are in memory anyway, at most `max`; empty only where the stream ends. Moves on. */
  readonly takeSome: (max: number) => Promise<Uint8Array>;
  /** Moves on by bytes that were peeked at. */
  readonly skip: (size: number) => void;
}

/** The caller closes `chunks`. */
export function readBytes(chunks: AsyncIterator<Uint8Array>): ByteReader {
  let ready: Uint8Array = new Uint8Array(0);
  const peek = async (size: number): Promise<Uint8Array> => {
    if (ready.byteLength < size) ready = await gather(chunks, ready, size);
    return ready.subarray(0, size);
  };
  const skip = (size: number): void => {
    ready = ready.subarray(size);
  };
  const take = async (size: number): Promise<Uint8Array> => {
    const piece = await peek(size);
    skip(piece.byteLength);
    return piece;
  };
  const takeSome = async (max: number): Promise<Uint8Array> => {
    await peek(1);
    return take(Math.min(max, ready.byteLength));
  };
  return { peek, take, takeSome, skip };
}

/** Reads chunks until `size` bytes are there, and joins them once. */
async function gather(
  chunks: AsyncIterator<Uint8Array>,
  ready: Uint8Array,
  size: number,
): Promise<Uint8Array> {
  const parts = ready.byteLength === 0 ? [] : [ready];
  let total = ready.byteLength;
  while (total < size) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    total += value.byteLength;
    if (value.byteLength > 0) parts.push(value);
  }
  return joinBytes(parts);
}

/** One piece of memory with all the parts; a single part is passed on as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}
