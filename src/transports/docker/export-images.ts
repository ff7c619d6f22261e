import type { Buffer } from 'node:buffer';
import { availableParallelism } from 'node:os';
import { expectLayers, reportBytes } from '../../content/count-bytes.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { collectFiles, keepDocument } from '../../image-archive/archive-files.ts';
import { findCachedLayers } from '../../image-archive/cached-layers.ts';
import { ingestDockerExport } from '../../image-archive/ingest-docker-export.ts';
import type { IngestTarget } from '../../image-archive/ingest-layer.ts';
import { digestOfPath } from '../../image-archive/oci-view.ts';
import type { Digest } from '../../oci/digest.ts';
import { streamCursor } from '../../tar/cursor.ts';
import type { TarEntry } from '../../tar/read-tar.ts';
import { exportImages, type Engine } from './engine.ts';
import { groupExports, type Exportable } from './group-exports.ts';

/** Image IDs in one request; the engine stores each shared layer of a request once. */
const IDS_PER_EXPORT = 200;
/** Names the export in errors. */
const PATH = 'docker export';

/** Exports of one engine at once. */
const MAX_EXPORTS = 4;

export interface EngineExport {
  readonly engine: Engine;
  readonly target: IngestTarget;
  readonly images: readonly Exportable[];
}

/**
 * Exports images by ID and stores what the kit will need of them: layers encoded once, or in the containerd store's
 * own bytes, and the documents. Each image is in one export; an engine of this machine runs several at once, since each
 * first writes all its layers to a folder of the engine's own and sends nothing meanwhile (moby image/tarexport).
 *
 * @returns the digests of all blobs that a containerd store exported
 * @throws AirkitError SOURCE_FAILED, ARCHIVE_MALFORMED for an export that breaks off, DISK_FAILED, NO_SPACE
 */
export async function exportIntoCache(
  { engine, target, images }: EngineExport,
  options: OperationOptions = {},
): Promise<ReadonlySet<Digest>> {
  if (images.length > 0) options.onProgress?.({ kind: 'phase', phase: 'export' });
  if (!engine.facts.hasContainerdStore)
    expectLayers(
      images.flatMap(({ layers }) => layers),
      options,
    );
  const atOnce = engine.isLocal ? Math.min(MAX_EXPORTS, availableParallelism()) : 1;
  const groups = groupExports(images, atOnce);
  // Of the encoder, whose frames in flight take 8 MiB each.
  const concurrency = groups.length > 1 ? Math.ceil(atOnce / groups.length) : options.concurrency;
  const exported = await mapLimited(
    groups,
    async (ids, call) => exportGroup({ engine, target, images, ids }, { ...call, concurrency }),
    { ...options, concurrency: atOnce },
  );
  return new Set(exported.flat());
}

interface Exporting extends EngineExport {
  readonly ids: readonly Digest[];
}

async function exportGroup(
  { engine, target, images, ids }: Exporting,
  options: OperationOptions,
): Promise<Digest[]> {
  const exported: Digest[] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_EXPORT) {
    const batch = ids.slice(start, start + IDS_PER_EXPORT);
    if (!engine.facts.hasContainerdStore) {
      await exportClassic({ engine, target, images, ids: batch }, options);
      continue;
    }
    const counted = reportBytes(exportImages(engine, batch, options), options);
    const keep = async (entry: TarEntry, body: ByteStream): Promise<Buffer | undefined> =>
      takeBlob({ entry, body, target }, options);
    const files = await collectFiles(streamCursor(counted), { path: PATH, keep }, options);
    exported.push(...files.names.flatMap((name) => digestOfPath(name) ?? []));
  }
  return exported;
}

/** Other bytes of the size of a cached layer are rare enough to be exported a second time. */
async function exportClassic(
  { engine, target, images, ids }: Exporting,
  options: OperationOptions,
): Promise<void> {
  const layers = images.flatMap((image) => (ids.includes(image.id) ? image.layers : []));
  const diffIds = new Set(layers.flatMap(({ diffId }) => diffId ?? []));
  for (const known of [await findCachedLayers(diffIds, target), undefined]) {
    const bytes = reportBytes(exportImages(engine, ids, options), options);
    const taken = { bytes, path: PATH, target, cachedLayers: known };
    if (await ingestDockerExport(taken, options)) return;
  }
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
