import { createHash } from 'node:crypto';
import type { ByteStream } from '../content/operation.ts';
import { digestFromHex, type Digest } from '../oci/digest.ts';

/** Hashes and counts bytes as they pass. */
export interface StreamMeter {
  add(chunk: Uint8Array): void;
  /** Passes bytes on and adds them. */
  pass(bytes: ByteStream): AsyncGenerator<Uint8Array, void>;
  /** The sha256 of all that was added; asked once. */
  digest(): Digest;
  /** Bytes that were added. */
  size(): number;
}

/** Begins to hash and count. */
export function meterStream(): StreamMeter {
  const hash = createHash('sha256');
  let size = 0;
  const add = (chunk: Uint8Array): void => {
    hash.update(chunk);
    size += chunk.byteLength;
  };
  return {
    add,
    pass: async function* (bytes) {
      for await (const chunk of bytes) {
        add(chunk);
        yield chunk;
      }
    },
    digest: () => digestFromHex(hash.digest('hex')),
    size: () => size,
  };
}
