import type { BitReader } from './bzip2-bits.ts';
import { invalidStream } from './compression-error.ts';

/** A canonical Huffman code. Arrays of `limit` and `base` are indexed by code length in bits. */
interface HuffmanTable {
  readonly minLength: number;
  readonly maxLength: number;
  /** The highest code of each length; less than the lowest where there is none. */
  readonly limit: Int32Array;
  /** What to subtract from a code to get its index in `symbols`. */
  readonly base: Int32Array;
  /** Symbols by length, then by number. */
  readonly symbols: Uint16Array;
}

const MAX_CODE_LENGTH = 20;
const SYMBOLS_PER_SELECTOR = 50;

/**
 * Reads a block's selectors and tables, and returns what reads its symbols one by one.
 *
 * @param symbolCount size of the alphabet: two run symbols, the bytes in use but one, and the end of the block
 */
export function readSymbolDecoder(bits: BitReader, symbolCount: number): () => number {
  const tableCount = bits.read(3);
  if (tableCount < 2 || tableCount > 6)
    throw invalidStream('bzip2', 'bad number of Huffman tables');
  const selectors = readSelectors(bits, tableCount);
  const tables = Array.from({ length: tableCount }, () =>
    buildTable(readCodeLengths(bits, symbolCount)),
  );
  let symbolsRead = 0;
  let [table] = tables;
  return () => {
    if (symbolsRead % SYMBOLS_PER_SELECTOR === 0) {
      table = tables[selectors[symbolsRead / SYMBOLS_PER_SELECTOR] ?? tableCount];
    }
    symbolsRead += 1;
    if (table === undefined) throw invalidStream('bzip2', 'more symbols than selectors');
    return readSymbol(bits, table);
  };
}

/** Selectors are unary numbers, moved to front. */
function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  const order = Array.from({ length: tableCount }, (_, table) => table);
  for (let position = 0; position < selectors.length; position += 1) {
    let rank = 0;
    while (bits.read(1) === 1) {
      rank += 1;
      if (rank >= tableCount) throw invalidStream('bzip2', 'bad selector');
    }
    const [table = 0] = order.splice(rank, 1);
    order.unshift(table);
    selectors[position] = table;
  }
  return selectors;
}

function readCodeLengths(bits: BitReader, symbolCount: number): Uint8Array {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_LENGTH) throw invalidStream('bzip2', 'bad code length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return lengths;
}

function buildTable(lengths: Uint8Array): HuffmanTable {
  const limit = new Int32Array(MAX_CODE_LENGTH + 1);
  const base = new Int32Array(MAX_CODE_LENGTH + 1);
  const symbols = new Uint16Array(lengths.length);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length += 1) {
    base[length] = code - index;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      symbols[index] = symbol;
      index += 1;
      code += 1;
    }
    limit[length] = code - 1;
    code *= 2;
  }
  return { minLength: Math.min(...lengths), maxLength: Math.max(...lengths), limit, base, symbols };
}

function readSymbol(bits: BitReader, table: HuffmanTable): number {
  const { maxLength, limit, base, symbols } = table;
  let length = table.minLength;
  let code = bits.read(length);
  while (code > (limit[length] ?? 0)) {
    length += 1;
    if (length > maxLength) throw invalidStream('bzip2', 'bad code');
    code = (code << 1) | bits.read(1);
  }
  const symbol = symbols[code - (base[length] ?? 0)];
  if (symbol === undefined) throw invalidStream('bzip2', 'bad code');
  return symbol;
}
