import type { BitReader } from './bzip2-bits.ts';
import { readSymbolDecoder } from './bzip2-huffman.ts';
import { invalidStream } from './compression-error.ts';

/** A block whose Burrows-Wheeler transform is undone. */
export interface Bzip2Block {
  /** A linked list: a byte in the low 8 bits of each entry, the index of the next entry above them. */
  readonly list: Uint32Array;
  /** Entries of the list that count. */
  readonly length: number;
  /** The entry before the first. */
  readonly start: number;
  /** CRC-32 of what the block decodes to. */
  readonly crc: number;
}

/**
 * Reads a block behind its magic number (there is no specification; this follows bzip2's decompress.c).
 *
 * @param maxLength the stream's block size in bytes
 */
export function readBzip2Block(bits: BitReader, maxLength: number): Bzip2Block {
  const crc = bits.readUint32();
  if (bits.read(1) !== 0) throw invalidStream('bzip2', 'randomised blocks are not supported');
  const origin = bits.read(24);
  const list = new Uint32Array(maxLength);
  const length = readTransformed(bits, list);
  if (origin >= length) throw invalidStream('bzip2', 'a block starts behind its end');
  linkEntries(list, length);
  return { list, length, start: (list[origin] ?? 0) >>> 8, crc };
}

/** Fills `list` with the transformed bytes of a block; returns how many. */
function readTransformed(bits: BitReader, list: Uint32Array): number {
  const order = readBytesInUse(bits);
  if (order.length === 0) throw invalidStream('bzip2', 'a block uses no byte');
  const endOfBlock = order.length + 1;
  const readSymbol = readSymbolDecoder(bits, order.length + 2);
  let length = 0;
  let run = 0;
  let runUnit = 1;
  for (;;) {
    const symbol = readSymbol();
    if (symbol <= 1) {
      // RUNA and RUNB: the digits 1 and 2 of a number in bijective base 2, the lowest first.
      run += runUnit * (symbol + 1);
      runUnit *= 2;
      if (length + run > list.length) throw invalidStream('bzip2', 'a block is too long');
      continue;
    }
    if (run > 0) {
      list.fill(order[0] ?? 0, length, length + run);
      length += run;
      run = 0;
      runUnit = 1;
    }
    if (symbol === endOfBlock) return length;
    if (length >= list.length) throw invalidStream('bzip2', 'a block is too long');
    list[length] = moveToFront(order, symbol - 1);
    length += 1;
  }
}

/** Sixteen bits for the ranges in use, sixteen for each such range. */
function readBytesInUse(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const bytes: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const used = bits.read(16);
    for (let low = 0; low < 16; low += 1) {
      if ((used & (0x8000 >> low)) !== 0) bytes.push(range * 16 + low);
    }
  }
  return Uint8Array.from(bytes);
}

function moveToFront(order: Uint8Array, rank: number): number {
  const byte = order[rank] ?? 0;
  order.copyWithin(1, 0, rank);
  order[0] = byte;
  return byte;
}

/** Undoes the Burrows-Wheeler transform: entry i becomes the link of the entry that its byte sorts to. */
function linkEntries(list: Uint32Array, length: number): void {
  const next = new Uint32Array(257);
  for (let index = 0; index < length; index += 1) {
    const slot = ((list[index] ?? 0) & 0xff) + 1;
    next[slot] = (next[slot] ?? 0) + 1;
  }
  for (let byte = 1; byte < 257; byte += 1) next[byte] = (next[byte] ?? 0) + (next[byte - 1] ?? 0);
  for (let index = 0; index < length; index += 1) {
    const byte = (list[index] ?? 0) & 0xff;
    const target = next[byte] ?? 0;
    next[byte] = target + 1;
    list[target] = ((list[target] ?? 0) | (index << 8)) >>> 0;
  }
}
