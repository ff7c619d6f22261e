import { readBytes, type ByteReader } from './byte-reader.ts';
import { BitReader } from './bzip2-bits.ts';
import { readBzip2Block } from './bzip2-block.ts';
import { expandBlock } from './bzip2-runs.ts';
import { AirkitError } from '../errors.ts';
import { invalidStream, truncatedStream } from './compression-error.ts';

const MAGIC = 0x425a68; // "BZh"
const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;
const LEVEL_BYTES = 100_000;
/** No block of `size` bytes is stored in more: codes have 20 bits at most; the tables fit into 64 KiB easily. */
const storedBytes = (size: number): number => size * 2.5 + 64 * 1024;

/**
 * Decodes one or more bzip2 streams, as bzip2 and pbzip2 write them, on this thread. airkit's own decoder: those on npm
 * hang on hostile run lengths, check less, and hold whole files.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export async function* decodeBzip2(
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const reader = readBytes(chunks);
  for (let streams = 0; ; streams += 1) {
    const head = await reader.take(4);
    if (head.byteLength === 0 && streams > 0) return;
    if (head.byteLength < 4) throw truncatedStream('bzip2');
    yield* decodeStream(reader, blockSizeOf(head));
  }
}

function blockSizeOf(head: Uint8Array): number {
  const bits = new BitReader(head, 0);
  const isMagic = bits.read(24) === MAGIC;
  const level = bits.read(8) - 0x30;
  if (isMagic && level >= 1 && level <= 9) return level * LEVEL_BYTES;
  throw invalidStream('bzip2', 'no stream, or garbage after the last one');
}

/** Blocks begin at any bit; only the end of the stream is padded to a whole byte. */
async function* decodeStream(
  reader: ByteReader,
  blockSize: number,
): AsyncGenerator<Uint8Array, void> {
  let crc = 0;
  let offset = 0;
  for (;;) {
    const bits = new BitReader(await reader.peek(storedBytes(blockSize)), offset);
    const block = orTruncated(bits, () => readPart(bits, blockSize));
    reader.skip(Math.floor(bits.position / 8));
    offset = bits.position % 8;
    if (typeof block === 'number') {
      if (block !== crc) throw invalidStream('bzip2', 'the checksum of a stream differs');
      reader.skip(offset === 0 ? 0 : 1);
      return;
    }
    yield* expandBlock(block);
    crc = (((crc << 1) | (crc >>> 31)) ^ block.crc) >>> 0;
  }
}

/** A block, or the checksum that ends the stream. */
function readPart(bits: BitReader, blockSize: number): ReturnType<typeof readBzip2Block> | number {
  const magic = [bits.read(24), bits.read(24)];
  if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) return bits.readUint32();
  if (magic[0] === BLOCK_MAGIC[0] && magic[1] === BLOCK_MAGIC[1])
    return readBzip2Block(bits, blockSize);
  throw invalidStream('bzip2', 'no block where one is expected');
}

/** Whatever is wrong with bits that are not there, the stream is cut off. */
function orTruncated<T>(bits: BitReader, call: () => T): T {
  try {
    const result = call();
    if (!bits.isPastEnd) return result;
  } catch (error) {
    if (!(error instanceof AirkitError) || !bits.isPastEnd) throw error;
  }
  throw truncatedStream('bzip2');
}
