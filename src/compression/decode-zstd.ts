import { Buffer } from 'node:buffer';
import { availableParallelism } from 'node:os';
import { readBytes } from './byte-reader.ts';
import { decodingError, invalidStream } from './compression-error.ts';
import { mapInOrder } from './map-in-order.ts';
import { loadNativeZstd } from './native-zstd.ts';
import type { ZstdFrameHeader } from './zstd-frame-header.ts';
import { walkZstdFrames, type ZstdFrame } from './zstd-frames.ts';
import { openZstdPartDecoder, type ZstdPartDecoder } from './zstd-part-decoders.ts';

/** Frames decoded at once: libuv has four threads unless told otherwise, and each frame takes up to 32 MiB. */
const MAX_CONCURRENCY = 4;

/**
 * Decodes a zstd stream (RFC 8878). Frames of up to 32 MiB are decoded whole and several at once by the native package,
 * larger ones block by block; without the native package all go the latter way.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED
 */
export async function* decodeZstd(
  chunks: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const parts = await openZstdPartDecoder();
  const decodeFrame = await openFrameDecoder(parts);
  let decodedBytes = 0; // of the frame that comes in parts
  try {
    const pieces = mapInOrder(walkZstdFrames(readBytes(chunks)), {
      run: async (piece) =>
        piece.kind === 'frame'
          ? { piece, decoded: await decodeFrame(piece) }
          : { piece, decoded: await parts.decode(piece) },
      concurrency: Math.min(MAX_CONCURRENCY, availableParallelism()),
      signal,
    });
    for await (const { piece, decoded } of pieces) {
      const startsFrame = piece.kind === 'frame' || piece.isFirst;
      decodedBytes = (startsFrame ? 0 : decodedBytes) + decoded.byteLength;
      if (piece.kind === 'frame' || piece.isLast) requireContentSize(piece.header, decodedBytes);
      yield decoded;
    }
  } finally {
    parts.close();
  }
}

async function openFrameDecoder(
  parts: ZstdPartDecoder,
): Promise<(frame: ZstdFrame) => Promise<Uint8Array>> {
  const native = await loadNativeZstd();
  if (native instanceof Error) {
    return async (frame) => parts.decode({ ...frame, kind: 'part', isFirst: true, isLast: true });
  }
  const decoder = new native.Decoder();
  return async ({ bytes }) => {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return decoder.decode(frame).catch((error: unknown) => {
      throw decodingError('zstd', error);
    });
  };
}

function requireContentSize({ contentSize }: ZstdFrameHeader, size: number): void {
  if (contentSize === undefined || contentSize === size) return;
  throw invalidStream('zstd', `a frame of ${contentSize} bytes has ${size}`);
}
