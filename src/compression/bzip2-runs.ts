import type { Bzip2Block } from './bzip2-block.ts';
import { invalidStream } from './compression-error.ts';

const OUTPUT_CHUNK_BYTES = 256 * 1024;
const CRC_TABLE = buildCrcTable();

/**
 * Walks a block's list and expands its runs: four equal bytes are followed by a count of further ones. One block of
 * 900 kB may become 46 MB, so it comes in chunks.
 *
 * @throws AirkitError CONTENT_INVALID at the end when the CRC differs
 */
export function* expandBlock(block: Bzip2Block): Generator<Uint8Array, void> {
  const walk: Walk = { entry: block.start, left: block.length, byte: -1, equal: 0, copies: 0 };
  let crc = 0xffffffff;
  while (walk.left > 0 || walk.copies > 0) {
    const out = new Uint8Array(OUTPUT_CHUNK_BYTES);
    const filled = out.subarray(0, fill(out, block.list, walk));
    crc = updateCrc(crc, filled);
    yield filled;
  }
  if (~crc >>> 0 !== block.crc) throw invalidStream('bzip2', 'the checksum of a block differs');
}

interface Walk {
  entry: number;
  left: number;
  /** The byte last written, and how often in a row; after a count it starts anew. */
  byte: number;
  equal: number;
  /** Further copies of `byte` that are still to be written. */
  copies: number;
}

/** Fills as much of `out` as there is; returns the number of bytes. */
function fill(out: Uint8Array, list: Uint32Array, walk: Walk): number {
  let { entry, left, byte, equal, copies } = walk;
  let size = 0;
  while (size < out.length) {
    if (copies > 0) {
      const end = Math.min(out.length, size + copies);
      out.fill(byte, size, end);
      copies -= end - size;
      size = end;
      continue;
    }
    if (left === 0) break;
    const link = list[entry] ?? 0;
    const value = link & 0xff;
    entry = link >>> 8;
    left -= 1;
    if (equal === 4) {
      copies = value;
      equal = 0;
      continue;
    }
    equal = value === byte ? equal + 1 : 1;
    byte = value;
    out[size] = value;
    size += 1;
  }
  Object.assign(walk, { entry, left, byte, equal, copies });
  return size;
}

/** CRC-32 with the polynomial 0x04c11db7, the highest bit first; unlike gzip's. */
function updateCrc(start: number, bytes: Uint8Array): number {
  let crc = start;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ (bytes[index] ?? 0)] ?? 0);
  }
  return crc;
}

function buildCrcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
    return crc;
  });
}
