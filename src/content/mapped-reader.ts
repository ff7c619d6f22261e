import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ContentReader, FetchOptions } from './content.ts';
import { missingBlob, wrongSize } from './blob-folder.ts';
import type { ByteStream } from './operation.ts';
import { verifyBytes } from './verify-bytes.ts';

/** A place that bytes are read from: their number, and how to stream them. They are verified on the way. */
export interface BlobLocation {
  readonly size: number;
  open(options?: FetchOptions): ByteStream;
}

/** A reader over known places, and over `fallback` for every other digest. */
export function mappedReader(
  places: ReadonlyMap<Digest, BlobLocation>,
  { where, fallback }: { readonly where: string; readonly fallback?: ContentReader | undefined },
): ContentReader {
  return {
    has: async (target, options) => {
      const place = places.get(target.digest);
      if (place === undefined) return (await fallback?.has(target, options)) ?? false;
      if (place.size !== target.size) throw wrongSize(target, place.size, where);
      return true;
    },
    fetch: (target, options) => {
      const place = places.get(target.digest);
      if (place !== undefined) return verifyBytes(target, place.open(options));
      return fallback === undefined ? failing(target, where) : fallback.fetch(target, options);
    },
  };
}

/** A place for bytes that are in memory. */
export function bytesLocation(bytes: Uint8Array): BlobLocation {
  return {
    size: bytes.byteLength,
    open: async function* () {
      if (bytes.byteLength > 0) yield bytes;
    },
  };
}

// oxlint-disable-next-line require-yield -- a stream that fails when it is read
async function* failing(target: Descriptor, where: string): AsyncGenerator<Uint8Array, void> {
  throw missingBlob(target, where);
}
