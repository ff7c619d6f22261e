import type { Buffer } from 'node:buffer';
import { bytesLocation } from '../content/mapped-reader.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { collectBytes, MAX_DOCUMENT_BYTES } from '../content/read-document.ts';
import { digestOf, isDigest, type Digest } from '../oci/digest.ts';
import { parseDockerManifest } from '../oci/docker-manifest.ts';
import { streamCursor } from '../tar/cursor.ts';
import type { TarEntry } from '../tar/read-tar.ts';
import { collectFiles, isDocument, mayBeDocument } from './archive-files.ts';
import { isOneOf, type CachedLayers } from './cached-layers.ts';
import { ingestLayer, type IngestTarget } from './ingest-layer.ts';
import { digestOfPath } from './oci-view.ts';
import { requireConfigDigest } from './synthesize-image.ts';

export interface DockerExport {
  /** What `docker save` or `podman save` writes, as a stream. */
  readonly bytes: ByteStream;
  /** Names the export in errors. */
  readonly path: string;
  readonly target: IngestTarget;
  /**
   * Layers that need not be encoded again. Docker before 25.0 does not name layers by their diffID: one of the size of
   * such a layer is only summed, at five times the speed of encoding. Default: none.
   */
  readonly cachedLayers?: CachedLayers | undefined;
}

/**
 * Stores what a kit will need of an export while it streams by: each layer encoded once, and the configs.
 *
 * @returns false when a layer of the size of a cached one was another, and has passed by: it is to be exported again,
 * without `cachedLayers`
 * @throws AirkitError ARCHIVE_MALFORMED for an export that breaks off, DIGEST_MISMATCH, DISK_FAILED, NO_SPACE
 */
export async function ingestDockerExport(
  { bytes, path, target, cachedLayers = new Map() }: DockerExport,
  options: OperationOptions = {},
): Promise<boolean> {
  let isWhole = true;
  const keep = async (entry: TarEntry, body: ByteStream): Promise<Buffer | undefined> => {
    const isTold = mayBeDocument(entry) || diffIdIn(entry) !== undefined;
    const alike = isTold ? undefined : cachedLayers.get(entry.size);
    if (alike === undefined) return takeEntry({ entry, body, target }, options);
    if (!(await isOneOf(alike, body, options))) isWhole = false;
    return undefined;
  };
  const files = await collectFiles(streamCursor(bytes), { path, keep }, options);
  const table = (await files.document('manifest.json')) ?? new Uint8Array();
  for (const item of parseDockerManifest(table, `${path}: manifest.json`)) {
    const config = await files.document(item.config);
    if (config !== undefined) await storeConfig(config, item.config, target);
  }
  return isWhole;
}

interface Taken {
  readonly entry: TarEntry;
  readonly body: ByteStream;
  readonly target: IngestTarget;
}

/** Layers are recognised by what they are, since their names changed between versions. */
async function takeEntry(
  { entry, body, target }: Taken,
  options: OperationOptions,
): Promise<Buffer | undefined> {
  if (/\/(?:json|VERSION)$/.test(entry.name) || entry.size === 0) return undefined;
  if (await isCachedLayer(entry, target)) return undefined;
  if (!mayBeDocument(entry)) {
    await ingestLayer(body, target, options);
    return undefined;
  }
  const bytes = await collectBytes(body, Math.max(entry.size, MAX_DOCUMENT_BYTES));
  if (isDocument(bytes)) return bytes;
  await ingestLayer(bytesLocation(bytes).open(), target, options);
  return undefined;
}

async function isCachedLayer(entry: TarEntry, { cache, encoder }: IngestTarget): Promise<boolean> {
  const diffId = diffIdIn(entry);
  return diffId !== undefined && (await cache.findLayer(diffId, encoder.id)) !== undefined;
}

/** The diffID that the name tells: Docker since 25.0 names layers by it, and so does podman. */
function diffIdIn({ name }: TarEntry): Digest | undefined {
  const digest = digestOfPath(name) ?? `sha256:${name.replace(/\.tar$/, '')}`;
  return isDigest(digest) ? digest : undefined;
}

async function storeConfig(config: Buffer, path: string, { cache }: IngestTarget): Promise<void> {
  requireConfigDigest(config, path);
  const descriptor = { mediaType: '', digest: digestOf(config), size: config.byteLength };
  await cache.push(descriptor, bytesLocation(config).open());
}
