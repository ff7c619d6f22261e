import type { Buffer } from 'node:buffer';
import type { TarCursor } from './cursor.ts';
import { BLOCK_BYTES, decodeBlock, malformed, paddingOf, type DecodedBlock } from './header.ts';

/** An entry of a file system's tar: anything that a file system holds, its name as written. */
export interface WalkedEntry {
  /** Without `./` in front and slash at the end. */
  readonly name: string;
  /** The type flag of POSIX pax and GNU tar; `0` for files. */
  readonly flag: string;
  /** Bytes of the body. */
  readonly size: number;
  /** The body. What is not read of it before the next entry is asked for is skipped. */
  body(): AsyncGenerator<Uint8Array, void>;
}

/** Links, devices, folders and pipes have no body, whatever size they state (so do Go and GNU tar read them). */
const WITHOUT_BODY = new Set(['1', '2', '3', '4', '5', '6']);
/** An entry's extended header may hold file capabilities and other attributes, in bytes. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

/**
 * Walks through a tar of a file system, to know that it is whole and what is in it. Nothing is judged but the shape: links,
 * devices and absolute names belong there, and the engine that applies the layer judges them.
 *
 * @throws AirkitError ARCHIVE_MALFORMED for what is no tar, or is cut off
 */
export async function* walkTar(cursor: TarCursor): AsyncGenerator<WalkedEntry, void> {
  let extensions: Extensions = {};
  for (;;) {
    const block = await cursor.readBlock(BLOCK_BYTES);
    if (block.byteLength < BLOCK_BYTES) throw malformed('it has no end marker, so it is cut off');
    if (isZero(block)) break;
    const header = decodeBlock(block);
    if (header.flag === 'x' || header.flag === 'L') {
      await readExtension(cursor, header, extensions);
      continue;
    }
    if (header.flag === 'S') await skipSparseMaps(cursor, block);
    const { name = header.name, size: stated = header.size } = extensions;
    const size = WITHOUT_BODY.has(header.flag) ? 0 : stated;
    extensions = {};
    const end = cursor.position + size;
    yield {
      name: name.replace(/^(?:\.\/)+/, '').replace(/\/+$/, ''),
      flag: header.flag,
      size,
      body: () => cursor.stream(end - cursor.position),
    };
    await cursor.skip(end - cursor.position + paddingOf(size));
  }
  await readToEnd(cursor);
}

/** What extended headers say of the next entry. */
interface Extensions {
  name?: string;
  size?: number;
}

async function readExtension(
  cursor: TarCursor,
  { flag, size }: DecodedBlock,
  extensions: Extensions,
): Promise<void> {
  if (size > MAX_EXTENSION_BYTES)
    throw malformed(`an extended header is larger than ${MAX_EXTENSION_BYTES} bytes`);
  const body = await cursor.readBlock(size);
  if (body.byteLength !== size) throw malformed('it is cut off inside an extended header');
  await cursor.skip(paddingOf(size));
  if (flag === 'x') readPax(body, extensions);
  else extensions.name = textUpToNul(body);
}

/** Records are `LENGTH KEY=VALUE\n`; of a key given twice, as GNU's sparse files do, the last counts. */
function readPax(body: Buffer, extensions: Extensions): void {
  for (let position = 0; position < body.byteLength;) {
    const space = body.indexOf(0x20, position);
    const length = Number(body.toString('latin1', position, Math.max(space, position)));
    if (space < 0 || !Number.isInteger(length) || length < 5 || position + length > body.byteLength)
      throw malformed('an extended header is damaged');
    const record = body.toString('utf8', space + 1, position + length - 1);
    if (record.startsWith('path=')) extensions.name = record.slice(5);
    if (/^size=\d{1,15}$/.test(record)) extensions.size = Number(record.slice(5));
    position += length;
  }
}

/** GNU's old sparse format continues the map of a file in blocks of their own. */
async function skipSparseMaps(cursor: TarCursor, header: Buffer): Promise<void> {
  for (let isContinued = header[482] === 1; isContinued;) {
    const block = await cursor.readBlock(BLOCK_BYTES);
    if (block.byteLength < BLOCK_BYTES) throw malformed('it is cut off inside a sparse file');
    isContinued = block[504] === 1;
  }
}

/** What follows the end marker is read too, so that a compressed stream is known to be whole. */
async function readToEnd(cursor: TarCursor): Promise<void> {
  while ((await cursor.readBlock(BLOCK_BYTES)).byteLength > 0) continue;
}

function textUpToNul(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end < 0 ? body.byteLength : end);
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
