import type { Cache } from '../../content/cache.ts';
import type { Image } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { seenInCache } from '../../content/seen-in-cache.ts';
import { by } from '../../oci/compare.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { heldDescriptors, type ImageGraph } from '../../oci/image-graph.ts';
import { asString, parseJsonObject } from '../../oci/json.ts';
import { isIndexType, MEDIA_TYPES } from '../../oci/media-types.ts';
import { storedManifests, tellsManifests } from './available-manifests.ts';
import type { Engine } from './engine.ts';

/** Of the containerd store: the ID is the root's digest, and the bytes are the ones that were pulled. */
export interface StoredImageQuery {
  readonly id: Digest;
  readonly engine: Engine;
  readonly cache: Cache;
}

/**
 * The image without its name when the cache holds what the engine would export now. An engine may hold more or fewer
 * platforms of an index than it did before, so there the record of an export counts, not what lies in the cache.
 */
export async function storedImage(
  query: StoredImageQuery,
): Promise<Omit<Image, 'reference'> | undefined> {
  const { id, engine, cache } = query;
  const size = await cache.sizeOf(id);
  if (size === undefined) return undefined;
  const root = await describeRoot({ mediaType: '', digest: id, size }, cache);
  if (!isIndexType(root.mediaType)) return runnable(await readImageGraph(root, cache), cache);
  if (!tellsManifests(engine)) return undefined;
  const exported = await cache.findExport(await exportKey(query));
  if (exported === undefined) return undefined;
  return runnable(await readImageGraph(root, seenInCache(exported, cache)), cache);
}

/** The image of an export that has just been stored. */
export async function exportedImage(
  { id, engine, cache }: StoredImageQuery,
  exported: ReadonlySet<Digest>,
): Promise<Omit<Image, 'reference'> | undefined> {
  const size = await cache.sizeOf(id);
  if (size === undefined) return undefined;
  const root = await describeRoot({ mediaType: '', digest: id, size }, cache);
  const graph = await readImageGraph(root, seenInCache(exported, cache));
  const image = runnable(graph, cache);
  if (image !== undefined && isIndexType(root.mediaType) && tellsManifests(engine))
    await cache.recordExport(await exportKey({ id, engine, cache }), heldDigests(graph));
  return image;
}

/** The image without its name; undefined when no platform of it is held whole. */
function runnable(graph: ImageGraph, cache: Cache): Omit<Image, 'reference'> | undefined {
  if (!graph.manifests.some(({ isImage, isHeld }) => isImage && isHeld)) return undefined;
  return { root: graph.root, content: seenInCache(heldDigests(graph), cache) };
}

/** What the cache holds of an image, and nothing else that it may have. */
function heldDigests(graph: ImageGraph): ReadonlySet<Digest> {
  return new Set(heldDescriptors(graph).map(({ digest }) => digest));
}

/** Names an image and the platforms of it that the engine holds. */
async function exportKey({ id, engine }: StoredImageQuery): Promise<string> {
  const manifests = (await storedManifests(engine, id)).toSorted(by(({ digest }) => digest));
  return [
    id,
    ...manifests.filter(({ isAvailable }) => isAvailable).map(({ digest }) => digest),
  ].join('\n');
}

/** A root of which the bytes are cached but not the media type: documents name their own. */
async function describeRoot(target: Descriptor, cache: Cache): Promise<Descriptor> {
  const document = parseJsonObject(await readDocument(cache, target), { where: target.digest });
  const fallback = 'manifests' in document ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
  return { ...target, mediaType: asString(document['mediaType'] ?? fallback, target.digest) };
}
