import { AirkitError } from '../errors.ts';
import type { Cache, LayerRecord } from '../content/cache.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { decompress } from '../compression/decompress.ts';
import type { Encoder } from '../compression/encoder.ts';
import { peekCompression } from './peek-compression.ts';
import { meterStream } from './stream-meter.ts';
import type { Digest } from '../oci/digest.ts';
import { layerMediaType } from '../oci/media-types.ts';

export interface IngestTarget {
  readonly cache: Cache;
  /** How layers are stored that arrive uncompressed. */
  readonly encoder: Encoder;
}

/**
 * Puts a layer into the cache as the kit will hold it: encoded if it arrives as a plain tar (or in bzip2 or xz, which
 * containerd cannot apply), byte for byte if it is gzip or zstd already. The diffID is computed on the way. Only what
 * was encoded is recorded by its diffID: of other layers several forms may exist, and each image keeps its own.
 *
 * @throws AirkitError CONTENT_INVALID for damaged compression, DISK_FAILED, NO_SPACE
 */
export async function ingestLayer(
  bytes: ByteStream,
  { cache, encoder }: IngestTarget,
  options: OperationOptions = {},
): Promise<LayerRecord> {
  const { compression, whole } = await peekCompression(bytes);
  const isStoredAsIs = compression === 'gzip' || compression === 'zstd';
  if (isStoredAsIs) return storeAsIs({ bytes: whole, compression }, cache, options);
  const bytesOfTar = decompress(whole, { ...options, compression });
  const record = await storeEncoded({ bytes: bytesOfTar, encoder }, cache, options);
  await cache.recordLayer(record, encoder.id);
  return record;
}

/**
 * Digest, size and diffID of a layer that stays where it is.
 *
 * @throws AirkitError CONTENT_INVALID for damaged compression
 */
export async function measureLayer(
  bytes: ByteStream,
  compression: 'gzip' | 'zstd',
  options: OperationOptions = {},
): Promise<LayerRecord> {
  const stored = meterStream();
  const plain = meterStream();
  for await (const chunk of decompress(stored.pass(bytes), { ...options, compression }))
    plain.add(chunk);
  return {
    descriptor: {
      mediaType: layerMediaType(compression),
      digest: stored.digest(),
      size: stored.size(),
    },
    diffId: plain.digest(),
    uncompressedSize: plain.size(),
  };
}

/** @throws AirkitError DIGEST_MISMATCH when a layer is not the one that its config names. */
export function requireDiffId(actual: Digest, expected: Digest, where: string): void {
  if (actual === expected) return;
  throw new AirkitError(
    'DIGEST_MISMATCH',
    `${where}: its diff ID is ${actual}, its config says ${expected}`,
    {
      hint: 'The archive is damaged or was tampered with: get it again from where it was made.',
      context: { digest: expected, actual },
    },
  );
}

async function storeEncoded(
  { bytes, encoder }: { bytes: ByteStream; encoder: Encoder },
  cache: Cache,
  options: OperationOptions,
): Promise<LayerRecord> {
  const plain = meterStream();
  const encoded = encoder.encode(plain.pass(bytes), options);
  const { digest, size } = await cache.ingest(encoded, options);
  return {
    descriptor: { mediaType: layerMediaType(encoder.encoding), digest, size },
    diffId: plain.digest(),
    uncompressedSize: plain.size(),
  };
}

async function storeAsIs(
  { bytes, compression }: { bytes: ByteStream; compression: 'gzip' | 'zstd' },
  cache: Cache,
  options: OperationOptions,
): Promise<LayerRecord> {
  const stored = await cache.ingest(bytes, options);
  const descriptor = { mediaType: layerMediaType(compression), ...stored };
  return measureLayer(cache.fetch(descriptor, options), compression, options);
}
