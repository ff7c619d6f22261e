import type { Buffer } from 'node:buffer';
import { reportBytes } from '../../content/count-bytes.ts';
import { bytesLocation } from '../../content/mapped-reader.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { collectBytes, MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import {
  collectFiles,
  isDocument,
  keepDocument,
  mayBeDocument,
} from '../../image-archive/archive-files.ts';
import { ingestLayer, type IngestTarget } from '../../image-archive/ingest-layer.ts';
import { requireConfigDigest } from '../../image-archive/synthesize-image.ts';
import { digestOfPath } from '../../image-archive/oci-view.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { parseDockerManifest } from '../../oci/docker-manifest.ts';
import type { TarEntry } from '../../tar/read-tar.ts';
import { streamCursor } from '../../tar/cursor.ts';
import { exportImages, type Engine } from './engine.ts';

/** Image IDs in one request; the engine stores each shared layer of a request once. */
const IDS_PER_EXPORT = 200;

/**
 * Exports images by ID and stores what the kit will need of them: layers encoded once, or in the containerd store's
 * own bytes, and the documents. Every layer passes once.
 *
 * @returns the digests of all blobs that a containerd store exported
 * @throws AirkitError SOURCE_FAILED, ARCHIVE_MALFORMED for an export that breaks off, DISK_FAILED, NO_SPACE
 */
export async function exportIntoCache(
  {
    engine,
    target,
    ids,
  }: { readonly engine: Engine; readonly target: IngestTarget; readonly ids: readonly Digest[] },
  options: OperationOptions = {},
): Promise<ReadonlySet<Digest>> {
  const exported = new Set<Digest>();
  if (ids.length > 0) options.onProgress?.({ kind: 'phase', phase: 'export' });
  for (let start = 0; start < ids.length; start += IDS_PER_EXPORT) {
    const batch = ids.slice(start, start + IDS_PER_EXPORT);
    const counted = reportBytes(exportImages(engine, batch, options), options);
    const cursor = streamCursor(counted);
    const take = engine.facts.hasContainerdStore ? takeBlob : takeClassic;
    const rules = {
      path: 'docker export',
      keep: async (entry: TarEntry, body: ByteStream) => take({ entry, body, target }, options),
    };
    const files = await collectFiles(cursor, rules, options);
    if (engine.facts.hasContainerdStore) {
      for (const digest of files.names.flatMap((name) => digestOfPath(name) ?? []))
        exported.add(digest);
      continue;
    }
    for (const item of parseDockerManifest(
      (await files.document('manifest.json')) ?? new Uint8Array(),
      'docker export: manifest.json',
    )) {
      const config = await files.document(item.config);
      if (config !== undefined) await storeConfig(config, item.config, target);
    }
  }
  return exported;
}

interface Taken {
  readonly entry: TarEntry;
  readonly body: ByteStream;
  readonly target: IngestTarget;
}

/** Classic store: layers are recognised by what they are, since their names changed between versions. */
async function takeClassic(
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

/** Since 25.0 exports name layers by their diffID. */
async function isCachedLayer(
  { name }: TarEntry,
  { cache, encoder }: IngestTarget,
): Promise<boolean> {
  const digest = digestOfPath(name);
  return digest !== undefined && (await cache.findLayer(digest, encoder.id)) !== undefined;
}

async function takeBlob(
  { entry, body, target }: Taken,
  options: OperationOptions,
): Promise<Buffer | undefined> {
  const digest = digestOfPath(entry.name);
  if (digest === undefined) return keepDocument(entry, body);
  const descriptor = { mediaType: '', digest, size: entry.size };
  if (!(await target.cache.has(descriptor))) await target.cache.push(descriptor, body, options);
  return undefined;
}

async function storeConfig(config: Buffer, path: string, { cache }: IngestTarget): Promise<void> {
  requireConfigDigest(config, path);
  const descriptor = { mediaType: '', digest: digestOf(config), size: config.byteLength };
  await cache.push(descriptor, bytesLocation(config).open());
}
