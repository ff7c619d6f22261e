import { createHash } from 'node:crypto';
import type { LayerRecord } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import type { ByteStream } from '../content/operation.ts';
import { digestFromHex, type Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import { formatFlatConfig, type RuntimeConfig } from '../oci/runtime-config.ts';
import type { IngestTarget } from './ingest-layer.ts';
import { synthesizeImage } from './synthesize-image.ts';

/** All that a flattened image says beside its one layer. */
export interface FlatImageFacts {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly runtime: RuntimeConfig;
  /** RFC 3339, from SOURCE_DATE_EPOCH; absent: the config tells no time. */
  readonly created?: string | undefined;
}

/** The image of a file system: one layer, no history. The same facts and bytes give the same image. */
export function flatImage(
  { reference, ...facts }: FlatImageFacts,
  layer: LayerRecord,
  { cache }: IngestTarget,
): Image {
  const config = formatFlatConfig({ ...facts, diffId: layer.diffId });
  return synthesizeImage({ reference, config, layers: [layer], cache });
}

/** Hashes a stream as it passes. */
export interface StreamMeter {
  pass(bytes: ByteStream): AsyncGenerator<Uint8Array, void>;
  /** Of all that has passed; asked once. */
  digest(): Digest;
  /** Bytes that have passed. */
  size(): number;
}

/** Begins to hash a stream. */
export function meterStream(): StreamMeter {
  const hash = createHash('sha256');
  let size = 0;
  return {
    pass: async function* (bytes) {
      for await (const chunk of bytes) {
        hash.update(chunk);
        size += chunk.byteLength;
        yield chunk;
      }
    },
    digest: () => digestFromHex(hash.digest('hex')),
    size: () => size,
  };
}
