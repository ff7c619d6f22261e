import type { TargetImage } from '../../content/image.ts';
import { countBytes, expectBlobs, reportBytes } from '../../content/count-bytes.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { collectBytes } from '../../content/read-document.ts';
import { followLinks, keepDocument, linkTarget } from '../../image-archive/archive-files.ts';
import { smallFile } from '../../image-archive/layout-files.ts';
import { digestOfPath } from '../../image-archive/oci-view.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import {
  formatDockerManifest,
  MAX_DOCKER_MANIFEST_BYTES,
  parseDockerManifest,
  type DockerManifestItem,
} from '../../oci/docker-manifest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { formatReference } from '../../oci/reference.ts';
import { streamCursor } from '../../tar/cursor.ts';
import type { TarInput } from '../../tar/pack-tar.ts';
import { readTar, type TarEntry } from '../../tar/read-tar.ts';
import { layersToSend, type ClassicArchive } from './classic-archive.ts';
import type { EngineLocation } from './connect.ts';
import { exportImages, openEngine, type Engine } from './engine.ts';

/** An engine to load into, and the one whose export it is given. */
export type RelayTarget = Engine & { readonly relayFrom?: Engine | undefined };

/** The first engine that names the layers in its exports by diffID (moby 25.0). */
const FIRST_MAJOR_WITH_DIGEST_NAMES = 25;
/** Names the export in errors. */
const TABLE = 'manifest.json';
const WHERE = 'docker export: manifest.json';

/**
 * True when both engines have the classic store, so that what one exports is what the other loads.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when one does not answer, USAGE
 */
export async function canRelay(
  { source, target }: { readonly source: EngineLocation; readonly target: EngineLocation },
  options?: OperationOptions,
): Promise<boolean> {
  await using from = await openEngine({ ...source, side: 'source' }, options);
  if (from.facts.hasContainerdStore) return false;
  await using to = await openEngine({ ...target, side: 'target' }, options);
  return !to.facts.hasContainerdStore;
}

/** Opens the engine to relay from beside the one to load into; both are closed together. */
export async function relayInto(
  target: Engine,
  location: EngineLocation,
  options?: OperationOptions,
): Promise<RelayTarget> {
  try {
    const relayFrom = await openEngine({ ...location, side: 'source' }, options);
    const close = async (): Promise<void> => {
      try {
        await relayFrom[Symbol.asyncDispose]();
      } finally {
        await target[Symbol.asyncDispose]();
      }
    };
    return { ...target, relayFrom, [Symbol.asyncDispose]: close };
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * What `source` exports of some images, without the layers that the reader has, as it streams by: nothing is kept. The
 * reader checks each layer against the diffID in its config, and images are looked at afterwards by their IDs. Engines
 * before 25.0 name layers by IDs that only their manifest.json explains, which comes last: when layers are to be left out,
 * they export twice, first for that table alone.
 *
 * @throws AirkitError SOURCE_FAILED, ARCHIVE_MALFORMED, while iterated
 */
export async function* relayArchive(
  source: Engine,
  archive: ClassicArchive,
  options: OperationOptions = {},
): AsyncGenerator<TarInput, void> {
  const relay = { source, archive, omitted: await omittedNames({ source, archive }, options) };
  const links = new Map<string, string>();
  const names = new Set<string>();
  let table: Uint8Array = new Uint8Array();
  expectBlobs(layersToSend(archive), options);
  for await (const entry of exportedEntries(relay, options)) {
    if (entry.kind !== 'file') links.set(entry.name, linkTarget(entry));
    else names.add(entry.name);
    if (entry.name === TABLE) table = await collectBytes(entry.body(), MAX_DOCKER_MANIFEST_BYTES);
    else if (entry.kind === 'file' && isNeeded(entry, relay))
      yield {
        name: entry.name,
        size: entry.size,
        body: counted(reportBytes(entry.body(), options), relay),
      };
  }
  const items = parseDockerManifest(table, WHERE);
  const resolve = (name: string): string => followLinks(name, names, links) ?? name;
  yield smallFile(TABLE, formatDockerManifest(namedItems(items, archive, resolve)));
}

interface Relay {
  readonly source: Engine;
  readonly archive: ClassicArchive;
}

interface FilteredRelay extends Relay {
  readonly omitted: ReadonlySet<string>;
}

/** Every file and link of an export; images are asked for by ID. */
async function* exportedEntries(
  { source, archive }: Relay,
  options: OperationOptions,
): AsyncGenerator<TarEntry, void> {
  const ids = new Set(archive.images.map(({ manifest }) => manifest.config.digest));
  const cursor = streamCursor(exportImages(source, [...ids], options));
  try {
    for await (const entry of readTar(cursor)) {
      options.signal?.throwIfAborted();
      if (entry.kind !== 'directory') yield entry;
    }
  } finally {
    await cursor[Symbol.asyncDispose]();
  }
}

/** Files that the classic store reads: configs and layers, not what only Docker before 1.10 does. */
function isNeeded({ name }: TarEntry, { omitted }: FilteredRelay): boolean {
  if (omitted.has(name) || name === 'repositories') return false;
  return !/(^|\/)(VERSION|json|oci-layout|index\.json)$/.test(name);
}

/** A stream has no order of images, so that its bytes count for the first. */
function counted(bytes: ByteStream, { archive }: Relay): ByteStream {
  const image: TargetImage | undefined = archive.images[0]?.image;
  if (image === undefined) return bytes;
  return countBytes(bytes, (count) => archive.onSent(count, image));
}

/** Names of the files of layers that the reader has wherever some image uses them. */
async function omittedNames(relay: Relay, options: OperationOptions): Promise<Set<string>> {
  const held = heldLayers(relay.archive);
  if (held.size === 0) return new Set();
  if (Number.parseInt(relay.source.facts.version, 10) >= FIRST_MAJOR_WITH_DIGEST_NAMES)
    return new Set([...held].map((diffId) => `blobs/sha256/${hexOf(diffId)}`));
  const links = new Map<string, string>();
  const names = new Set<string>();
  let table: Uint8Array = new Uint8Array();
  for await (const entry of exportedEntries(relay, options)) {
    if (entry.kind !== 'file') links.set(entry.name, linkTarget(entry));
    else names.add(entry.name);
    if (entry.name === TABLE) table = (await keepDocument(entry, entry.body())) ?? table;
  }
  const omitted = new Set<string>();
  for (const { config, layers } of parseDockerManifest(table, WHERE)) {
    const diffIds = diffIdsOf(relay.archive, config);
    for (const [position, layer] of layers.entries()) {
      const diffId = diffIds[position];
      if (diffId === undefined || !held.has(diffId)) continue;
      // Engines save images in no fixed order: what is a link in this export may be the file in the next.
      omitted.add(layer).add(followLinks(layer, names, links) ?? layer);
    }
  }
  return omitted;
}

/** Layers of which every stack that an image needs is known: one file may serve several stacks. */
function heldLayers({ images, known }: ClassicArchive): Set<Digest> {
  const held = new Set<Digest>();
  const lacking = new Set<Digest>();
  for (const { manifest } of images) {
    const diffIds = manifest.layers.flatMap(({ diffId }) => diffId ?? []);
    const chains = chainIds(diffIds);
    for (const [position, diffId] of diffIds.entries()) {
      const chain = chains[position];
      (chain !== undefined && known.has(chain) ? held : lacking).add(diffId);
    }
  }
  return new Set([...held].filter((diffId) => !lacking.has(diffId)));
}

/** The config's file is called `HEX.json`, from 25.0 on `blobs/sha256/HEX`. */
function imageIdOf(config: string): string {
  return digestOfPath(config) ?? `sha256:${config.replace(/\.json$/, '')}`;
}

function diffIdsOf({ images }: ClassicArchive, config: string): Digest[] {
  const found = images.find(({ manifest }) => manifest.config.digest === imageIdOf(config));
  return found?.manifest.layers.flatMap(({ diffId }) => diffId ?? []) ?? [];
}

/** The table under the names that were asked for, with links followed: they do not travel. */
function namedItems(
  items: readonly DockerManifestItem[],
  { images }: ClassicArchive,
  resolve: (name: string) => string,
): { config: string; repoTags: string[]; layers: string[] }[] {
  return items.map(({ config, layers }) => ({
    config: resolve(config),
    repoTags: images.flatMap(({ image, manifest }) =>
      manifest.config.digest === imageIdOf(config) && image.reference.digest === undefined
        ? [formatReference(image.reference)]
        : [],
    ),
    layers: layers.map(resolve),
  }));
}
