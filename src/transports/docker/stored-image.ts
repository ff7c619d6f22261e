import type { Cache } from '../../content/cache.ts';
import type { ContentReader } from '../../content/content.ts';
import type { Image } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { by } from '../../oci/compare.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
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
  if (!isIndexType(root.mediaType)) return runnable(root, cache);
  if (!tellsManifests(engine)) return undefined;
  const exported = await cache.findExport(await exportKey(query));
  return exported === undefined ? undefined : runnable(root, only(exported, cache));
}

/** The image of an export that has just been stored. */
export async function exportedImage(
  { id, engine, cache }: StoredImageQuery,
  exported: ReadonlySet<Digest>,
): Promise<Omit<Image, 'reference'> | undefined> {
  const size = await cache.sizeOf(id);
  if (size === undefined) return undefined;
  const root = await describeRoot({ mediaType: '', digest: id, size }, cache);
  const content = only(exported, cache);
  const image = await runnable(root, content);
  if (image === undefined || !isIndexType(root.mediaType) || !tellsManifests(engine)) return image;
  const graph = await readImageGraph(root, content);
  await cache.recordExport(
    await exportKey({ id, engine, cache }),
    heldDescriptors(graph).map(({ digest }) => digest),
  );
  return image;
}

/** Names an image and the platforms of it that the engine holds. */
async function exportKey({ id, engine }: StoredImageQuery): Promise<string> {
  const manifests = (await storedManifests(engine, id)).toSorted(by(({ digest }) => digest));
  return [
    id,
    ...manifests.filter(({ isAvailable }) => isAvailable).map(({ digest }) => digest),
  ].join('\n');
}

/** A reader that holds what an export held, and nothing else that the cache may have. */
function only(exported: ReadonlySet<Digest>, cache: Cache): ContentReader {
  return {
    has: async (target) => exported.has(target.digest) && cache.has(target),
    fetch: (target, options) => cache.fetch(target, options),
  };
}

async function runnable(
  root: Descriptor,
  content: ContentReader,
): Promise<Omit<Image, 'reference'> | undefined> {
  const { manifests } = await readImageGraph(root, content);
  return manifests.some(({ isImage, isHeld }) => isImage && isHeld) ? { root, content } : undefined;
}

/** A root of which the bytes are cached but not the media type: documents name their own. */
async function describeRoot(target: Descriptor, cache: Cache): Promise<Descriptor> {
  const document = parseJsonObject(await readDocument(cache, target), { where: target.digest });
  const fallback = 'manifests' in document ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
  return { ...target, mediaType: asString(document['mediaType'] ?? fallback, target.digest) };
}
