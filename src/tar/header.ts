import { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';

/** tar works in blocks of this many bytes (POSIX pax "ustar Interchange Format"). */
export const BLOCK_BYTES = 512;
/** Two zero blocks end an archive. */
export const TRAILER_BYTES: number = 2 * BLOCK_BYTES;
/** Sizes from here on do not fit the eleven octal digits of the size field. In bytes. */
export const OCTAL_SIZE_LIMIT: number = 8 * 1024 ** 3;

const MODES = { file: 0o644, directory: 0o755 } as const;
const TYPE_FLAGS = { file: '0', directory: '5', pax: 'x' } as const;

/** An entry as airkit writes it: no owner, no time, no links. */
export interface WrittenEntry {
  /** At most 100 bytes of ASCII; folders end in a slash. */
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** Bytes of the body. */
  readonly size: number;
}

/**
 * The header of an entry: one block, or three for 8 GiB and more, where an extended header repeats the size that the
 * block itself holds in base 256 (readers use one or the other, so both must be there and equal).
 */
export function encodeHeader(entry: WrittenEntry): Buffer {
  const block = encodeBlock(entry.name, TYPE_FLAGS[entry.kind], {
    size: entry.size,
    mode: MODES[entry.kind],
  });
  if (entry.size < OCTAL_SIZE_LIMIT) return block;
  const record = paxRecord('size', String(entry.size));
  const pax = encodeBlock('PaxHeaders/size', TYPE_FLAGS.pax, {
    size: record.byteLength,
    mode: MODES.file,
  });
  return Buffer.concat([pax, padded(record), block]);
}

/** Bytes that {@link encodeHeader} takes for a body of `size` bytes. */
export function headerBytes(size: number): number {
  return size < OCTAL_SIZE_LIMIT ? BLOCK_BYTES : 3 * BLOCK_BYTES;
}

/** Zero bytes between the end of a body and the next block. */
export function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

function encodeBlock(
  name: string,
  flag: string,
  { size, mode }: { size: number; mode: number },
): Buffer {
  if (name.length > 100) throw new Error(`tar entry name too long: ${name}`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 'ascii');
  writeOctal(block, mode, { at: 100, width: 8 });
  writeOctal(block, 0, { at: 108, width: 8 });
  writeOctal(block, 0, { at: 116, width: 8 });
  writeSize(block, size);
  writeOctal(block, 0, { at: 136, width: 12 });
  block.write(flag, 156, 'ascii');
  block.write('ustar\u000000', 257, 'latin1');
  writeOctal(block, 0, { at: 329, width: 8 });
  writeOctal(block, 0, { at: 337, width: 8 });
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function writeOctal(
  block: Buffer,
  value: number,
  { at, width }: { at: number; width: number },
): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
}

function writeSize(block: Buffer, size: number): void {
  if (size < OCTAL_SIZE_LIMIT) {
    writeOctal(block, size, { at: 124, width: 12 });
    return;
  }
  block[124] = 0x80;
  block.writeBigUInt64BE(BigInt(size), 128);
}

function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'utf8');
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.byteLength))]);
}

/** Sum of all bytes of a header block, the checksum field itself read as blanks. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let position = 0; position < BLOCK_BYTES; position += 1) {
    if (position < 148 || position >= 156) sum += block[position] ?? 0;
  }
  return sum;
}

/** A header block as found in a foreign archive. */
export interface DecodedBlock {
  readonly name: string;
  readonly size: number;
  readonly flag: string;
  readonly linkName: string;
}

/**
 * Reads one header block: ustar, or what GNU tar writes.
 *
 * @throws AirkitError ARCHIVE_MALFORMED for a wrong checksum or a number that is none
 */
export function decodeBlock(block: Buffer): DecodedBlock {
  const stated = readOctal(block, { at: 148, width: 8 });
  if (stated !== checksum(block)) throw malformed('a header has a wrong checksum');
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readSize(block),
    flag: block[156] === 0 ? '0' : block.toString('latin1', 156, 157),
    linkName: readText(block, 157, 100),
  };
}

/** Reads the records of an extended header: `LENGTH KEY=VALUE\n` each. @throws AirkitError ARCHIVE_MALFORMED */
export function decodePax(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let position = 0;
  while (position < body.byteLength) {
    const space = body.indexOf(0x20, position);
    const digits = body.toString('latin1', position, space);
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : 0;
    const record = body.toString('utf8', space + 1, position + length - 1);
    const equals = record.indexOf('=');
    const complete = body[position + length - 1] === 0x0a;
    if (space < 0 || length === 0 || equals < 1 || !complete) {
      throw malformed('an extended header is damaged');
    }
    const key = record.slice(0, equals);
    if (records.has(key)) throw malformed(`an extended header states ${JSON.stringify(key)} twice`);
    records.set(key, record.slice(equals + 1));
    position += length;
  }
  return records;
}

export function malformed(what: string, path?: string): AirkitError {
  return new AirkitError('ARCHIVE_MALFORMED', `${path === undefined ? '' : `${path}: `}${what}`, {
    hint: 'The archive is damaged or was cut off: get it again from where it was made.',
    context: path === undefined ? undefined : { path },
  });
}

function readText(block: Buffer, at: number, width: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + width ? at + width : end);
}

function readOctal(block: Buffer, { at, width }: { at: number; width: number }): number {
  const text = block
    .toString('latin1', at, at + width)
    .replaceAll(/[\0 ]+$/g, '')
    .trimStart();
  if (!/^[0-7]*$/.test(text)) throw malformed('a header holds a number that is none');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function readSize(block: Buffer): number {
  const first = block[124] ?? 0;
  if ((first & 0x80) === 0) return readOctal(block, { at: 124, width: 12 });
  const high = block.subarray(125, 128).every((byte) => byte === 0) && first === 0x80;
  const size = block.readBigUInt64BE(128);
  if (!high || size > BigInt(Number.MAX_SAFE_INTEGER))
    throw malformed('a header states an impossible size');
  return Number(size);
}
