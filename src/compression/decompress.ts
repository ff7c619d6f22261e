import { setImmediate } from 'node:timers/promises';
import { AirkitError } from '../errors.ts';
import { abortable, CLOSED } from './abortable.ts';
import { readBytes } from './byte-reader.ts';
import { decodeBzip2 } from './decode-bzip2.ts';
import { decodeGzip } from './decode-gzip.ts';
import { decodeXz } from './decode-xz.ts';
import { decodeZstd } from './decode-zstd.ts';
import { detectCompression, DETECTION_BYTES, type Compression } from './compression.ts';

export interface DecompressOptions {
  /** Stops at once; what is then thrown is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Default: told from the first bytes; what looks like nothing known is passed through. */
  readonly compression?: Compression | undefined;
  /** More bytes of output than this are CONTENT_INVALID. Default: no limit. */
  readonly maxBytes?: number | undefined;
}

/**
 * After so many bytes timers and signals get their turn: decoders that run on this thread would otherwise keep an abort
 * from happening for as long as the source answers at once.
 */
const PAUSE_BYTES = 1024 * 1024;

/**
 * Decompresses a stream of gzip members, zstd frames, bzip2 or xz streams, one or many after another. Memory stays flat
 * whatever the ratio, and the source is read only as fast as the output is taken. Chunks are never empty.
 *
 * A stream cut exactly between two members, frames or streams is a whole one to every decoder: compare digests.
 *
 * @throws AirkitError CONTENT_INVALID for damaged or cut off input, garbage behind it, and output above `maxBytes`;
 * UNSUPPORTED for what only other decoders read. What the source throws is passed on.
 */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  { signal, compression, maxBytes = Number.POSITIVE_INFINITY }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const ending = new AbortController();
  const source = abortable(abortable(bytes, signal), ending.signal);
  try {
    const detected = await detect(source);
    const decoded = decode(detected.chunks, compression ?? detected.compression, signal);
    let total = 0;
    let pauseAt = PAUSE_BYTES;
    for await (const chunk of decoded) {
      if (total >= pauseAt) {
        await setImmediate();
        pauseAt = total + PAUSE_BYTES;
      }
      signal?.throwIfAborted();
      total += chunk.byteLength;
      if (total > maxBytes) throw tooLarge(maxBytes);
      if (chunk.byteLength > 0) yield chunk;
    }
  } finally {
    ending.abort(CLOSED); // so that closing does not wait for a chunk that the source still owes
    await source.return();
  }
}

async function detect(
  source: AsyncGenerator<Uint8Array, void>,
): Promise<{ chunks: AsyncGenerator<Uint8Array, void>; compression: Compression }> {
  const reader = readBytes(source);
  const compression = detectCompression(await reader.peek(DETECTION_BYTES));
  const rest = async function* (): AsyncGenerator<Uint8Array, void> {
    yield await reader.takeSome(Number.POSITIVE_INFINITY);
    yield* source;
  };
  return { chunks: rest(), compression };
}

function decode(
  chunks: AsyncGenerator<Uint8Array, void>,
  compression: Compression,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const decoders = {
    none: () => chunks,
    gzip: () => decodeGzip(chunks),
    zstd: () => decodeZstd(chunks, signal),
    bzip2: () => decodeBzip2(chunks),
    xz: () => decodeXz(chunks),
  };
  return decoders[compression]();
}

function tooLarge(maxBytes: number): AirkitError {
  return new AirkitError('CONTENT_INVALID', `it decompresses to more than ${maxBytes} bytes`, {
    context: { maxBytes },
  });
}
