import type { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';
import type { LayerRecord } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import type { BlobLocation } from '../content/mapped-reader.ts';
import type { OperationOptions } from '../content/operation.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { DockerManifestItem } from '../oci/docker-manifest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { layerMediaType } from '../oci/media-types.ts';
import type { Reference } from '../oci/reference.ts';
import { openArchiveTar, type ArchiveFiles } from './archive-files.ts';
import { ingestLayer, measureLayer, requireDiffId, type IngestTarget } from './ingest-layer.ts';
import { requireConfigDigest, synthesizeImage } from './synthesize-image.ts';
import { readTar } from '../tar/read-tar.ts';

/** One image of `manifest.json`, its config read. */
export interface DockerItem {
  readonly reference: Reference;
  readonly config: Buffer;
  /** Names of the layers' files, links followed, base first. */
  readonly layers: readonly string[];
  readonly diffIds: readonly Digest[];
}

/** Layers that are at hand: what they are and, if they stayed in the archive, where. */
export interface LayersAtHand {
  readonly records: Map<string, LayerRecord>;
  readonly places: Map<Digest, BlobLocation>;
}

/**
 * Reads the config of a `manifest.json` item and finds its layers.
 *
 * @throws AirkitError ARCHIVE_MALFORMED for a missing file, DIGEST_MISMATCH, CONTENT_INVALID
 */
export async function readDockerItem(
  files: ArchiveFiles,
  item: DockerManifestItem,
  reference: Reference,
): Promise<DockerItem> {
  const config = await files.document(item.config);
  if (config === undefined) throw missing(files, item.config);
  requireConfigDigest(config, files.resolve(item.config) ?? item.config);
  const { diffIds } = parseImageConfig(config, digestOf(config));
  if (diffIds.length !== item.layers.length) {
    throw new AirkitError(
      'CONTENT_INVALID',
      `${files.path}: ${item.config} lists ${diffIds.length} layers, manifest.json ${item.layers.length}`,
    );
  }
  const layers = item.layers.map((layer) => {
    const name = files.resolve(layer);
    if (name === undefined) throw missing(files, layer);
    return name;
  });
  return { reference, config, layers, diffIds };
}

/**
 * Brings the layers of some items to hand: those that the cache holds are not read again, plain ones are encoded into
 * the cache, and in a seekable archive those that are compressed stay where they are.
 *
 * @throws AirkitError DIGEST_MISMATCH when a layer is not the one its config names; see `ingestLayer`
 */
export async function layersAtHand(
  files: ArchiveFiles,
  { items, target }: { readonly items: readonly DockerItem[]; readonly target: IngestTarget },
  options: OperationOptions = {},
): Promise<LayersAtHand> {
  const atHand: LayersAtHand = { records: new Map(), places: new Map() };
  const wanted = new Map<string, Digest>();
  for (const { layers, diffIds } of items) {
    for (const [position, name] of layers.entries()) {
      const diffId = diffIds[position];
      if (diffId === undefined || wanted.has(name)) continue;
      const cached = await encodedLayer({ files, name, diffId }, target);
      if (cached === undefined) wanted.set(name, diffId);
      else atHand.records.set(name, cached);
    }
  }
  if (wanted.size === 0) return atHand;
  if (files.seekable) await takeInPlace({ files, wanted, target, atHand }, options);
  else await takeFromStream({ files, wanted, target, atHand }, options);
  return atHand;
}

/** The layers of an item when all of them were encoded before; undefined when something must be read. */
export async function cachedLayers(
  files: ArchiveFiles,
  { layers, diffIds }: DockerItem,
  target: IngestTarget,
): Promise<LayersAtHand | undefined> {
  const records = new Map<string, LayerRecord>();
  for (const [position, name] of layers.entries()) {
    const diffId = diffIds[position];
    const record =
      diffId === undefined ? undefined : await encodedLayer({ files, name, diffId }, target);
    if (record === undefined) return undefined;
    records.set(name, record);
  }
  return { records, places: new Map() };
}

/** A plain layer that was encoded before; a compressed one keeps the bytes that this archive has. */
async function encodedLayer(
  { files, name, diffId }: { files: ArchiveFiles; name: string; diffId: Digest },
  { cache, encoder }: IngestTarget,
): Promise<LayerRecord | undefined> {
  const compression = await files.compressionOf(name);
  if (compression === 'gzip' || compression === 'zstd') return undefined;
  return cache.findLayer(diffId, encoder.id);
}

/** The image that an item and its layers make. */
export function imageOf(item: DockerItem, atHand: LayersAtHand, target: IngestTarget): Image {
  const layers = item.layers.map((name) => {
    const record = atHand.records.get(name);
    if (record === undefined) throw new Error(`layer ${name} was not taken`);
    return record;
  });
  return synthesizeImage({
    reference: item.reference,
    config: item.config,
    layers,
    places: atHand.places,
    cache: target.cache,
  });
}

interface Taking {
  readonly files: ArchiveFiles;
  readonly wanted: ReadonlyMap<string, Digest>;
  readonly target: IngestTarget;
  readonly atHand: LayersAtHand;
}

async function takeInPlace(taking: Taking, options: OperationOptions): Promise<void> {
  const { files, wanted, atHand } = taking;
  for (const [name, diffId] of wanted) {
    const place = files.locate(name);
    if (place === undefined) throw missing(files, name);
    const { layer, isInPlace } = await recordInPlace({ ...taking, place, name, diffId }, options);
    requireDiffId(layer.diffId, diffId, `${files.path}: ${name}`);
    if (isInPlace) atHand.places.set(layer.descriptor.digest, place);
    atHand.records.set(name, layer);
  }
}

interface LayerInPlace extends Taking {
  readonly place: BlobLocation;
  readonly name: string;
  readonly diffId: Digest;
}

async function recordInPlace(
  { files, place, name, diffId, target }: LayerInPlace,
  options: OperationOptions,
): Promise<{ layer: LayerRecord; isInPlace: boolean }> {
  const compression = await files.compressionOf(name);
  if (compression === 'gzip' || compression === 'zstd') {
    return {
      layer: await measureLayer(place.open(options), compression, options),
      isInPlace: true,
    };
  }
  if (compression === 'none' && target.encoder.encoding === 'none') {
    const descriptor = { mediaType: layerMediaType('none'), digest: diffId, size: place.size };
    return { layer: { descriptor, diffId, uncompressedSize: place.size }, isInPlace: true };
  }
  return { layer: await ingestLayer(place.open(options), target, options), isInPlace: false };
}

async function takeFromStream(
  { files, wanted, target, atHand }: Taking,
  options: OperationOptions,
): Promise<void> {
  const cursor = openArchiveTar(files.path, options);
  try {
    for await (const entry of readTar(cursor)) {
      const diffId = wanted.get(entry.name);
      if (diffId === undefined || entry.kind !== 'file') continue;
      const record = await ingestLayer(entry.body(), target, options);
      requireDiffId(record.diffId, diffId, `${files.path}: ${entry.name}`);
      atHand.records.set(entry.name, record);
    }
  } finally {
    await cursor[Symbol.asyncDispose]();
  }
}

function missing(files: ArchiveFiles, name: string): AirkitError {
  return new AirkitError(
    'ARCHIVE_MALFORMED',
    `${files.path}: manifest.json names ${JSON.stringify(name)}, which is not in it`,
    {
      hint: 'The archive is damaged, or it is a thin one that only its engine can complete.',
      context: { path: files.path },
    },
  );
}
