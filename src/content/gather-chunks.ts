import { Buffer } from 'node:buffer';
import { CHUNK_BYTES } from './file-bytes.ts';
import type { ByteStream } from './operation.ts';

/** Memory that is handed out again once it was given back. */
export interface ChunkMemory {
  /** {@link CHUNK_BYTES} of it. */
  take(): Uint8Array;
  give(memory: Uint8Array): void;
}

/** Without it, each megabyte that passes is garbage: V8 counts it and collects all the more often. */
export function openChunkMemory(): ChunkMemory {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES),
    give: (memory) => free.push(memory),
  };
}

/**
 * Joins small chunks, as sockets give them, until they are worth a write: {@link CHUNK_BYTES}. Larger ones pass as they
 * are. A chunk is good until the next is asked for, and need be good no longer in `bytes`.
 */
export async function* gatherChunks(
  bytes: ByteStream,
  memory: ChunkMemory,
): AsyncGenerator<Uint8Array, void> {
  let gathered: Uint8Array | undefined;
  let size = 0;
  try {
    for await (const chunk of bytes) {
      let rest = chunk;
      while (rest.byteLength > 0 && (size > 0 || rest.byteLength < CHUNK_BYTES)) {
        gathered ??= memory.take();
        const piece = rest.subarray(0, CHUNK_BYTES - size);
        gathered.set(piece, size);
        size += piece.byteLength;
        rest = rest.subarray(piece.byteLength);
        if (size < CHUNK_BYTES) continue;
        yield gathered;
        size = 0;
      }
      if (rest.byteLength > 0) yield rest;
    }
    if (gathered !== undefined && size > 0) yield gathered.subarray(0, size);
  } finally {
    if (gathered !== undefined) memory.give(gathered);
  }
}

/** Memory for a stream of which two chunks are in use at once: each place is used again for the next but one. */
export function inTurns(): (size: number) => Uint8Array {
  const places: Uint8Array[] = [];
  let turn = 0;
  return (size) => {
    turn = 1 - turn;
    const place = places[turn];
    if (place !== undefined && place.byteLength >= size) return place.subarray(0, size);
    const made = Buffer.allocUnsafeSlow(size);
    places[turn] = made;
    return made;
  };
}
