import { availableParallelism } from 'node:os';
import type { LayerEncoding } from '../oci/media-types.ts';
import { abortable } from './abortable.ts';
import { encodeGzipMember, GZIP_ENCODER_ID, GZIP_MEMBER_BYTES } from './encode-gzip.ts';
import { loadZstdFrameEncoder, ZSTD_ENCODER_ID, ZSTD_FRAME_BYTES } from './encode-zstd.ts';
import { openFrameMemory } from './frame-memory.ts';
import { mapInOrder } from './map-in-order.ts';
import { rechunk } from './rechunk.ts';

export interface EncodeOptions {
  /** Stops at once; what is then thrown is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Frames or members encoded at once. Default: the machine's processors, at most 4. Never changes a byte. */
  readonly concurrency?: number | undefined;
}

/** Writes layers in one encoding. The same input gives the same bytes, whatever its chunks and the concurrency. */
export interface Encoder {
  readonly encoding: LayerEncoding;
  /** Names all that decides over the bytes, such as `zstd-3-8MiB/…`; goes into bundle.json as `tool.encoder`. */
  readonly id: string;
  /** No input gives one empty frame or member. Memory: `concurrency` + 1 frames of 8 MiB (members of 1 MiB). */
  readonly encode: (
    bytes: AsyncIterable<Uint8Array>,
    options?: EncodeOptions,
  ) => AsyncIterable<Uint8Array>;
}

/**
 * The zstd package is loaded when the first bytes are encoded: most packs encode nothing.
 *
 * @throws nothing itself; encoding throws AirkitError UNSUPPORTED for zstd where the native package is absent, and the
 * hint names gzip
 */
export async function openEncoder(encoding: LayerEncoding): Promise<Encoder> {
  if (encoding === 'none') {
    return { encoding, id: encoding, encode: (bytes, { signal } = {}) => abortable(bytes, signal) };
  }
  if (encoding === 'gzip') {
    const run = encodeGzipMember;
    return framed({ encoding, id: GZIP_ENCODER_ID, frameBytes: GZIP_MEMBER_BYTES, run });
  }
  let loaded: ReturnType<typeof loadZstdFrameEncoder> | undefined;
  const run = async (chunk: Uint8Array): Promise<Uint8Array> => {
    loaded ??= loadZstdFrameEncoder();
    return (await loaded)(chunk);
  };
  return framed({ encoding, id: ZSTD_ENCODER_ID, frameBytes: ZSTD_FRAME_BYTES, run });
}

/** libuv has four threads unless told otherwise. */
const DEFAULT_CONCURRENCY = Math.min(4, availableParallelism());
/** Pieces of frame memory that wait for the next frame; of 8 MiB each for zstd. */
const KEPT_FRAMES = 4;

interface FramedEncoder {
  readonly encoding: LayerEncoding;
  readonly id: string;
  /** Bytes of input that make one frame. */
  readonly frameBytes: number;
  readonly run: (chunk: Uint8Array) => Promise<Uint8Array>;
}

function framed({ encoding, id, frameBytes, run }: FramedEncoder): Encoder {
  const memory = openFrameMemory(frameBytes, KEPT_FRAMES);
  const encodeChunk = async (chunk: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
    try {
      return await run(chunk);
    } finally {
      memory.release(chunk);
    }
  };
  return {
    encoding,
    id,
    encode: (bytes, { signal, concurrency = DEFAULT_CONCURRENCY } = {}) => {
      const chunks = atLeastOne(rechunk(abortable(bytes, signal), memory));
      return mapInOrder(chunks, { run: encodeChunk, concurrency, signal });
    },
  };
}

async function* atLeastOne(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let isEmpty = true;
  for await (const chunk of chunks) {
    isEmpty = false;
    yield chunk;
  }
  if (isEmpty) yield new Uint8Array(0);
}
