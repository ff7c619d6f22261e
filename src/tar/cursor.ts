import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { malformed } from './header.ts';

/** A place in a tar that moves forward only. */
export interface TarCursor {
  /** Bytes from the start of the tar. */
  readonly position: number;
  /** Exactly `length` bytes; fewer, only at the end of the input, where nothing is left: an empty buffer. */
  readBlock(length: number): Promise<Buffer>;
  /** The next `length` bytes, as a stream that must be read to its end. */
  stream(length: number): AsyncGenerator<Uint8Array, void>;
  skip(length: number): Promise<void>;
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads a tar that arrives as a stream. The stream is closed when iteration over the entries stops. */
export function streamCursor(bytes: AsyncIterable<Uint8Array>): TarCursor & AsyncDisposable {
  const iterator = bytes[Symbol.asyncIterator]();
  let pending: Uint8Array = new Uint8Array();
  let position = 0;

  const take = async (limit: number): Promise<Uint8Array | undefined> => {
    while (pending.byteLength === 0) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      pending = next.value;
    }
    const taken = pending.subarray(0, limit);
    pending = pending.subarray(taken.byteLength);
    position += taken.byteLength;
    return taken;
  };
  async function* stream(length: number): AsyncGenerator<Uint8Array, void> {
    let left = length;
    while (left > 0) {
      const chunk = await take(left);
      if (chunk === undefined)
        throw malformed(`it is cut off ${left} bytes before the end of an entry`);
      left -= chunk.byteLength;
      yield chunk;
    }
  }
  return {
    get position() {
      return position;
    },
    stream,
    readBlock: async (length) => {
      const first = await take(length);
      if (first === undefined || first.byteLength === length)
        return asBuffer(first ?? new Uint8Array());
      const chunks: Uint8Array[] = [first];
      for await (const chunk of stream(length - first.byteLength)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    skip: async (length) => {
      for await (const _ of stream(length)) continue;
    },
    [Symbol.asyncDispose]: async () => {
      await iterator.return?.();
    },
  };
}

/** Reads a tar in a file; bodies that nobody asks for are not read. */
export function fileCursor(file: FileHandle, size: number): TarCursor {
  let position = 0;
  const readBlock = async (length: number): Promise<Buffer> => {
    const wanted = Math.min(length, size - position);
    const block = Buffer.alloc(wanted);
    const from = position;
    const read = await fillBlock(file, block, from);
    position += read;
    if (read < wanted || (wanted > 0 && wanted < length))
      throw malformed(`it is cut off at byte ${from}`);
    return block;
  };
  return {
    get position() {
      return position;
    },
    readBlock,
    stream: async function* (length) {
      for (let left = length; left > 0;) {
        const chunk = await readBlock(Math.min(left, CHUNK_BYTES));
        left -= chunk.byteLength;
        if (chunk.byteLength === 0) throw malformed('it is cut off inside an entry');
        yield chunk;
      }
    },
    skip: async (length) => {
      if (position + length > size)
        throw malformed(`it is cut off: an entry ends after the file, at ${position + length}`);
      position += length;
    },
  };
}

/** A read may give less than was asked for (read(2)). @returns bytes read: fewer only where the file ends before */
async function fillBlock(file: FileHandle, block: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < block.byteLength) {
    const { bytesRead } = await file.read(block, done, block.byteLength - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
