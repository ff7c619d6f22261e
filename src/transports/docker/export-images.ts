import type { Buffer } from 'node:buffer';
import { expectLayers, reportBytes } from '../../content/count-bytes.ts';
import type { LayerFacts } from '../../content/image.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { collectFiles, keepDocument } from '../../image-archive/archive-files.ts';
import { ingestDockerExport } from '../../image-archive/ingest-docker-export.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import { digestOfPath } from '../../image-archive/oci-view.ts';
import type { Digest } from '../../oci/digest.ts';
import { streamCursor } from '../../tar/cursor.ts';
import type { TarEntry } from '../../tar/read-tar.ts';
import { exportImages, type Engine } from './engine.ts';

/** Image IDs in one request; the engine stores each shared layer of a request once. */
const IDS_PER_EXPORT = 200;
/** Names the export in errors. */
const PATH = 'docker export';

export interface ExportRequest {
  readonly engine: Engine;
  readonly target: IngestTarget;
  readonly ids: readonly Digest[];
  /** What is known of their layers before, to tell how long it takes. */
  readonly layers: readonly LayerFacts[];
}

/**
 * Exports images by ID and stores what the kit will need of them: layers encoded once, or in the containerd store's
 * own bytes, and the documents. Every layer passes once.
 *
 * @returns the digests of all blobs that a containerd store exported
 * @throws AirkitError SOURCE_FAILED, ARCHIVE_MALFORMED for an export that breaks off, DISK_FAILED, NO_SPACE
 */
export async function exportIntoCache(
  { engine, target, ids, layers }: ExportRequest,
  options: OperationOptions = {},
): Promise<ReadonlySet<Digest>> {
  const exported = new Set<Digest>();
  if (ids.length > 0) options.onProgress?.({ kind: 'phase', phase: 'export' });
  expectLayers(layers, options);
  for (let start = 0; start < ids.length; start += IDS_PER_EXPORT) {
    const batch = ids.slice(start, start + IDS_PER_EXPORT);
    const counted = reportBytes(exportImages(engine, batch, options), options);
    if (!engine.facts.hasContainerdStore) {
      await ingestDockerExport({ bytes: counted, path: PATH, target }, options);
      continue;
    }
    const keep = async (entry: TarEntry, body: ByteStream): Promise<Buffer | undefined> =>
      takeBlob({ entry, body, target }, options);
    const files = await collectFiles(streamCursor(counted), { path: PATH, keep }, options);
    for (const digest of files.names.flatMap((name) => digestOfPath(name) ?? []))
      exported.add(digest);
  }
  return exported;
}

interface Taken {
  readonly entry: TarEntry;
  readonly body: ByteStream;
  readonly target: IngestTarget;
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
