import type { Buffer } from 'node:buffer';
import type { TarCursor } from './cursor.ts';
import {
  BLOCK_BYTES,
  OCTAL_SIZE_LIMIT,
  decodeBlock,
  decodePax,
  malformed,
  paddingOf,
  type DecodedBlock,
} from './header.ts';

/** An entry of a tar of any tool, its name already checked. */
export interface TarEntry {
  /** Relative, without `./`, `..` and trailing slash. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** Bytes of the body. */
  readonly size: number;
  /** Bytes from the start of the tar to the body. */
  readonly offset: number;
  /** As written; only links have one. */
  readonly linkName: string;
  /** The body. What is not read of it before the next entry is asked for is skipped. */
  body(): AsyncGenerator<Uint8Array, void>;
}

const KINDS: ReadonlyMap<string, TarEntry['kind']> = new Map([
  ['0', 'file'],
  ['5', 'directory'],
  ['2', 'symlink'],
  ['1', 'hardlink'],
]);
const MAX_EXTENSION_BYTES = 64 * 1024;
/** Zeros behind the end marker; tools pad to 10 KiB, tapes to some MiB. A few compressed bytes could stand for days of them. */
const MAX_PADDING_BYTES = 64 * 1024 * 1024;

/**
 * Reads a tar strictly. Refused: entries that are no file, folder or link, names that lead out of the archive, a name
 * twice, sizes stated in two ways that disagree, a missing end marker, and anything but zeros after it. tar-stream and
 * the engines let most of these pass, so that what one tool sees is not what the other loads.
 *
 * @throws AirkitError ARCHIVE_MALFORMED
 */
export async function* readTar(cursor: TarCursor): AsyncGenerator<TarEntry, void> {
  const seen = new Map<string, TarEntry['kind']>();
  for (;;) {
    const header = await readHeader(cursor);
    if (header === undefined) break;
    const kind = KINDS.get(header.flag);
    if (kind === undefined)
      throw malformed(
        `entry ${JSON.stringify(header.name)} is of the type ${JSON.stringify(header.flag)}, which no image archive needs`,
      );
    const name = checkName(header.name, kind);
    const { size } = header;
    if (kind !== 'file' && size !== 0)
      throw malformed(`entry ${JSON.stringify(name)} is no file, but claims a body`);
    if (name === '') continue;
    const known = seen.get(name);
    if (known !== undefined && (known !== 'directory' || kind !== 'directory')) {
      throw malformed(`it holds ${JSON.stringify(name)} twice`);
    }
    seen.set(name, kind);
    const end = cursor.position + size;
    yield {
      name,
      kind,
      size,
      offset: cursor.position,
      linkName: header.linkName,
      body: () => cursor.stream(end - cursor.position),
    };
    await cursor.skip(end - cursor.position);
    await skipPadding(cursor, size);
  }
  await requireZeros(cursor);
}

type Header = DecodedBlock;

/** The next header with its extensions applied; undefined at the end marker. */
async function readHeader(cursor: TarCursor): Promise<Header | undefined> {
  const extensions = new Map<string, string>();
  const extended = new Set<string>();
  for (;;) {
    const block = await cursor.readBlock(BLOCK_BYTES);
    if (block.byteLength === 0) throw malformed('it has no end marker, so it is cut off');
    if (isZero(block)) {
      if (extended.size > 0) throw malformed('an extended header belongs to no entry');
      return endMarker(cursor);
    }
    const header = decodeBlock(block);
    if (header.flag === 'x' || header.flag === 'L') {
      if (extended.has(header.flag)) throw malformed('an entry has two extended headers');
      extended.add(header.flag);
    }
    if (header.flag === 'x') await readPax(cursor, header, extensions);
    else if (header.flag === 'L') extensions.set('path', await readLongName(cursor, header));
    else return applyExtensions(header, extensions);
  }
}

async function endMarker(cursor: TarCursor): Promise<undefined> {
  const second = await cursor.readBlock(BLOCK_BYTES);
  if (second.byteLength !== BLOCK_BYTES || !isZero(second))
    throw malformed('its end marker is incomplete');
}

async function readPax(
  cursor: TarCursor,
  header: Header,
  extensions: Map<string, string>,
): Promise<void> {
  for (const [key, value] of decodePax(await readExtension(cursor, header))) {
    if (key.startsWith('GNU.sparse'))
      throw malformed('it holds a sparse file, which no image archive needs');
    extensions.set(key, value);
  }
}

async function readLongName(cursor: TarCursor, header: Header): Promise<string> {
  const body = await readExtension(cursor, header);
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end < 0 ? body.byteLength : end);
}

async function readExtension(cursor: TarCursor, header: Header): Promise<Buffer> {
  if (header.size > MAX_EXTENSION_BYTES)
    throw malformed(`an extended header is larger than ${MAX_EXTENSION_BYTES} bytes`);
  const body = await cursor.readBlock(header.size);
  if (body.byteLength !== header.size) throw malformed('it is cut off inside an extended header');
  await skipPadding(cursor, header.size);
  return body;
}

/**
 * A size in the extended header must agree with the block's. Go writes 0 there for what does not fit (8 GiB and more).
 */
function applyExtensions(header: Header, extensions: ReadonlyMap<string, string>): Header {
  const size = extensions.get('size');
  const stated = size === undefined ? header.size : parseSize(size);
  const isLeftOut = header.size === 0 && stated >= OCTAL_SIZE_LIMIT;
  if (stated !== header.size && !isLeftOut) {
    throw malformed(`entry ${JSON.stringify(header.name)} states two different sizes`);
  }
  return {
    ...header,
    name: extensions.get('path') ?? header.name,
    linkName: extensions.get('linkpath') ?? header.linkName,
    size: stated,
  };
}

function parseSize(text: string): number {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw malformed('an extended header states an impossible size');
  return size;
}

/** Only the folder that stands for the whole archive may have no name left. */
function checkName(written: string, kind: TarEntry['kind']): string {
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  if (written.startsWith('/') || parts.includes('..') || /[\0\\]/.test(written)) {
    throw malformed(`the name ${JSON.stringify(written)} leads out of the archive`);
  }
  if (kind !== 'directory' && (parts.length === 0 || written.endsWith('/'))) {
    throw malformed(`the name ${JSON.stringify(written)} is not one of a file`);
  }
  return parts.join('/');
}

async function skipPadding(cursor: TarCursor, size: number): Promise<void> {
  const padding = paddingOf(size);
  if (padding === 0) return;
  const bytes = await cursor.readBlock(padding);
  if (bytes.byteLength !== padding) throw malformed('it is cut off after an entry');
}

async function requireZeros(cursor: TarCursor): Promise<void> {
  const end = cursor.position + MAX_PADDING_BYTES;
  while (cursor.position < end) {
    const block = await cursor.readBlock(BLOCK_BYTES);
    if (block.byteLength === 0) return;
    if (!isZero(block)) throw malformed('there is data after its end marker');
  }
  throw malformed(`there are more than ${MAX_PADDING_BYTES} bytes after its end marker`);
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
