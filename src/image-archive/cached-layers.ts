import { createHash } from 'node:crypto';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { digestFromHex, type Digest } from '../oci/digest.ts';
import type { IngestTarget } from './ingest-layer.ts';

/** The diffIDs of layers that a cache holds, by the bytes of their tar. */
export type CachedLayers = ReadonlyMap<number, ReadonlySet<Digest>>;

/** Those of an image's layers that the cache holds. */
export async function findCachedLayers(
  diffIds: Iterable<Digest>,
  { cache, encoder }: IngestTarget,
): Promise<CachedLayers> {
  const found = new Map<number, Set<Digest>>();
  for (const diffId of diffIds) {
    const record = await cache.findLayer(diffId, encoder.id);
    if (record === undefined) continue;
    const alike = found.get(record.uncompressedSize) ?? new Set();
    found.set(record.uncompressedSize, alike.add(diffId));
  }
  return found;
}

/** Reads a layer to its end. @returns true when it is one of those */
export async function isOneOf(
  diffIds: ReadonlySet<Digest>,
  bytes: ByteStream,
  { signal }: OperationOptions = {},
): Promise<boolean> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return diffIds.has(digestFromHex(hash.digest('hex')));
}
