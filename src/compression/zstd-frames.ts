import { joinBytes, type ByteReader } from './byte-reader.ts';
import { invalidStream, truncatedStream } from './compression-error.ts';
import { readFrameHeader, type ZstdFrameHeader } from './zstd-frame-header.ts';

/** A whole frame, small in both forms. */
export interface ZstdFrame {
  readonly kind: 'frame';
  readonly header: ZstdFrameHeader;
  readonly bytes: Uint8Array;
}

/** Of a large frame: first its header, then one block each, its checksum last. */
export interface ZstdFramePart {
  readonly kind: 'part';
  readonly header: ZstdFrameHeader;
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** A frame that may decode to more, or is stored in more, comes in parts. In bytes. */
const MAX_WHOLE_FRAME: number = 32 * 1024 * 1024;

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50; // and the fifteen after it
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;

/**
 * Walks the frames of a stream (RFC 8878 §3.1): one after another, skippable ones left out, nothing after the last.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED
 */
export async function* walkZstdFrames(
  reader: ByteReader,
): AsyncGenerator<ZstdFrame | ZstdFramePart, void> {
  let frames = 0;
  for (; ; frames += 1) {
    const magic = await reader.peek(4);
    if (magic.byteLength === 0 && frames > 0) return;
    if (magic.byteLength < 4) throw truncatedStream('zstd');
    const number = uint32(magic);
    if (number === MAGIC) yield* walkFrame(reader);
    else if (isSkippable(number)) await skipFrame(reader);
    else throw invalidStream('zstd', frames === 0 ? 'no frame' : 'garbage after the last frame');
  }
}

/**
 * The header of the first frame; encoders use one window for a whole stream. Skippable frames are passed over.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED
 */
export async function firstZstdHeader(reader: ByteReader): Promise<ZstdFrameHeader> {
  for (;;) {
    const magic = await reader.peek(4);
    if (magic.byteLength < 4) throw truncatedStream('zstd');
    const number = uint32(magic);
    if (number === MAGIC) return readFrameHeader(reader);
    if (!isSkippable(number)) throw invalidStream('zstd', 'no frame');
    await skipFrame(reader);
  }
}

/** RFC 8878 §3.1.2. */
async function skipFrame(reader: ByteReader): Promise<void> {
  const head = await reader.take(8);
  if (head.byteLength < 8) throw truncatedStream('zstd');
  let left = uint32(head.subarray(4));
  while (left > 0) {
    const skipped = await reader.takeSome(left);
    if (skipped.byteLength === 0) throw truncatedStream('zstd');
    left -= skipped.byteLength;
  }
}

/** Holds the parts of a frame back for as long as it may still turn out to be a small one. */
async function* walkFrame(reader: ByteReader): AsyncGenerator<ZstdFrame | ZstdFramePart, void> {
  const header = await readFrameHeader(reader);
  let held: ZstdFramePart[] | undefined = [];
  let decoded = header.contentSize ?? 0; // at most
  let stored = 0;
  for await (const { part, decodedSize } of walkParts(reader, header)) {
    stored += part.bytes.byteLength;
    if (header.contentSize === undefined) decoded += decodedSize;
    held?.push(part);
    if (held === undefined) {
      yield part;
    } else if (decoded > MAX_WHOLE_FRAME || stored > MAX_WHOLE_FRAME) {
      yield* held;
      held = undefined;
    }
  }
  if (held === undefined) return;
  yield { kind: 'frame', header, bytes: joinBytes(held.map(({ bytes }) => bytes)) };
}

interface WalkedPart {
  readonly part: ZstdFramePart;
  /** No more than this comes out of it, in bytes. */
  readonly decodedSize: number;
}

async function* walkParts(
  reader: ByteReader,
  header: ZstdFrameHeader,
): AsyncGenerator<WalkedPart, void> {
  const inner = { kind: 'part', header, isFirst: false, isLast: false } as const;
  yield { part: { ...inner, bytes: header.bytes, isFirst: true }, decodedSize: 0 };
  for (;;) {
    const block = await takeBlock(reader, header);
    const isLast = block.isLast && !header.hasChecksum;
    yield { part: { ...inner, bytes: block.bytes, isLast }, decodedSize: block.decodedSize };
    if (block.isLast) break;
  }
  if (!header.hasChecksum) return;
  const bytes = await reader.take(CHECKSUM_BYTES);
  if (bytes.byteLength < CHECKSUM_BYTES) throw truncatedStream('zstd');
  yield { part: { ...inner, bytes, isLast: true }, decodedSize: 0 };
}

interface ZstdBlock {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
  readonly decodedSize: number;
}

/** RFC 8878 §3.1.1.2: bit 0 last, bits 1-2 type (raw, RLE, compressed, reserved), bits 3-23 size. */
async function takeBlock(
  reader: ByteReader,
  { maxBlockSize }: ZstdFrameHeader,
): Promise<ZstdBlock> {
  const [low = 0, middle = 0, high] = await reader.peek(BLOCK_HEADER_BYTES);
  if (high === undefined) throw truncatedStream('zstd');
  const type = (low >> 1) & 3;
  const size = (low >> 3) | (middle << 5) | (high << 13);
  if (type === 3) throw invalidStream('zstd', 'a block has the reserved type');
  if (size > maxBlockSize) throw invalidStream('zstd', 'a block is too large');
  const total = BLOCK_HEADER_BYTES + (type === 1 ? 1 : size);
  const bytes = await reader.take(total);
  if (bytes.byteLength < total) throw truncatedStream('zstd');
  return { bytes, isLast: (low & 1) !== 0, decodedSize: type === 2 ? maxBlockSize : size };
}

function isSkippable(magic: number): boolean {
  return magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16;
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}
