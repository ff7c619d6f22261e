import { AirkitError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { invalidStream, truncatedStream } from './compression-error.ts';

/** What airkit reads of a zstd frame header (RFC 8878 §3.1.1.1). Sizes in bytes. */
export interface ZstdFrameHeader {
  /** The header itself, with the magic number. */
  readonly bytes: Uint8Array;
  /** Decoded size of the whole frame, where the header states it. */
  readonly contentSize: number | undefined;
  /** How far back matches reach. */
  readonly windowSize: number;
  /** No block is larger, neither as stored nor decoded. */
  readonly maxBlockSize: number;
  readonly hasChecksum: boolean;
}

/** The largest window that `zstd -d` accepts without being told, and that decoders here allocate. In bytes. */
const MAX_WINDOW = 2 ** 27;
const MAX_BLOCK = 128 * 1024;
const MAGIC_BYTES = 4;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/**
 * Takes a frame header; the reader stands at its magic number, which is already checked.
 *
 * @throws AirkitError CONTENT_INVALID; UNSUPPORTED for a window above 128 MiB and for frames that need a dictionary
 */
export async function readFrameHeader(reader: ByteReader): Promise<ZstdFrameHeader> {
  const head = await reader.peek(MAGIC_BYTES + 1);
  const descriptor = head[MAGIC_BYTES];
  if (descriptor === undefined) throw truncatedStream('zstd');
  if ((descriptor & 0x08) !== 0) throw invalidStream('zstd', 'the reserved header bit is set');
  const layout = layoutOf(descriptor);
  const bytes = await reader.take(layout.size);
  if (bytes.byteLength < layout.size) throw truncatedStream('zstd');
  refuseDictionary(bytes.subarray(layout.dictionaryAt, layout.contentSizeAt));
  const contentSize = readContentSize(bytes.subarray(layout.contentSizeAt));
  const windowSize = layout.isSingleSegment ? (contentSize ?? 0) : readWindowSize(bytes);
  refuseLargeWindow(windowSize);
  return {
    bytes,
    contentSize,
    windowSize,
    maxBlockSize: Math.min(windowSize, MAX_BLOCK),
    hasChecksum: (descriptor & 0x04) !== 0,
  };
}

interface HeaderLayout {
  readonly isSingleSegment: boolean;
  readonly dictionaryAt: number;
  readonly contentSizeAt: number;
  readonly size: number;
}

function layoutOf(descriptor: number): HeaderLayout {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeFlag = descriptor >> 6;
  const dictionaryAt = MAGIC_BYTES + (isSingleSegment ? 1 : 2);
  const contentSizeAt = dictionaryAt + (DICTIONARY_ID_BYTES[descriptor & 0x03] ?? 0);
  const contentSizeBytes =
    contentSizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeFlag] ?? 0);
  return { isSingleSegment, dictionaryAt, contentSizeAt, size: contentSizeAt + contentSizeBytes };
}

/** RFC 8878 §3.1.1.1.2. */
function readWindowSize(bytes: Uint8Array): number {
  const descriptor = bytes[MAGIC_BYTES + 1] ?? 0;
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 0x07);
}

/** RFC 8878 §3.1.1.1.4. Two bytes mean 256 more than they say. */
function readContentSize(field: Uint8Array): number | undefined {
  if (field.byteLength === 0) return undefined;
  const value = field.reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw invalidStream('zstd', 'the content size is absurd');
  return field.byteLength === 2 ? value + 256 : value;
}

function refuseDictionary(field: Uint8Array): void {
  if (field.every((byte) => byte === 0)) return;
  throw new AirkitError('UNSUPPORTED', 'zstd stream: a frame needs a dictionary', {
    hint: 'Compress it again without a dictionary.',
  });
}

function refuseLargeWindow(windowSize: number): void {
  if (windowSize <= MAX_WINDOW) return;
  throw new AirkitError(
    'UNSUPPORTED',
    `zstd stream: a frame needs a window of ${windowSize} bytes, more than ${MAX_WINDOW}`,
    { hint: 'Compress it again without `--long`, or with `--long=27` at most.' },
  );
}
