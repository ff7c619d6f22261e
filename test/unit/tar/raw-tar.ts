/** tar entries written by hand, so that they can be wrong in every way. */
import { Buffer } from 'node:buffer';
import { streamCursor } from '../../../src/tar/cursor.ts';
import { readTar } from '../../../src/tar/read-tar.ts';

export interface RawHeader {
  readonly name: string;
  readonly flag?: string;
  readonly size?: number;
  readonly linkName?: string;
  /** The size field's twelve bytes as they are, in place of `size`. */
  readonly sizeField?: Buffer;
  /** Changes the block before its checksum is computed. */
  readonly spoil?: (block: Buffer) => void;
}

export function rawHeader(header: RawHeader): Buffer {
  const { name, flag = '0', size = 0, linkName = '', sizeField, spoil } = header;
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'utf8');
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  sizeField?.copy(block, 124);
  block.write('00000000000\0', 136);
  block.write(flag, 156);
  block.write(linkName, 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  spoil?.(block);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A header and its body, padded; the header states the body's size unless told otherwise. */
export function rawEntry(header: RawHeader, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const padding = Buffer.alloc((512 - (bytes.byteLength % 512)) % 512);
  return Buffer.concat([rawHeader({ size: bytes.byteLength, ...header }), bytes, padding]);
}

/** An extended header with the given records. */
export function paxEntry(records: Readonly<Record<string, string>>, flag = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return rawEntry({ name: 'PaxHeaders/entry', flag }, lines.join(''));
}

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const digits = String(bytes + String(bytes).length).length;
  return `${bytes + digits}${rest}`;
}

export const rawTrailer: Buffer = Buffer.alloc(1024);

/** Entries and the end marker. */
export function rawTar(...entries: readonly Buffer[]): Buffer {
  return Buffer.concat([...entries, rawTrailer]);
}

/** What the strict reader makes of a tar: names, kinds and bodies. */
export async function readAll(
  tar: Buffer,
): Promise<{ name: string; kind: string; size: number; text: string }[]> {
  const found = [];
  for await (const entry of readTar(streamCursor(chunksOf(tar)))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.body()) chunks.push(chunk);
    const { name, kind, size } = entry;
    found.push({ name, kind, size, text: Buffer.concat(chunks).toString('latin1') });
  }
  return found;
}

/** Odd chunks, as a pipe would give them. */
export async function* chunksOf(bytes: Buffer, size = 700): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < bytes.byteLength; start += size)
    yield bytes.subarray(start, start + size);
}
