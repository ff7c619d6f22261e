import { Buffer } from 'node:buffer';
import { CHUNK_BYTES } from './file-bytes.ts';
import type { ByteStream } from './operation.ts';

/** Joins small chunks, as sockets give them, until they are worth a write: {@link CHUNK_BYTES} or a little more. */
export async function* gatherChunks(bytes: ByteStream): AsyncGenerator<Uint8Array, void> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    gathered.push(chunk);
    size += chunk.byteLength;
    if (size < CHUNK_BYTES) continue;
    yield joined(gathered);
    gathered = [];
    size = 0;
  }
  if (size > 0) yield joined(gathered);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
