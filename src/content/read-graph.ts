import type { Descriptor } from '../oci/descriptor.ts';
import { parseImageConfig, requireLayerCount } from '../oci/image-config.ts';
import type { GraphManifest, ImageGraph } from '../oci/image-graph.ts';
import { parseImageIndex, parseImageManifest, type ImageManifest } from '../oci/image-manifest.ts';
import { isImageConfigType, isIndexType, isManifestType } from '../oci/media-types.ts';
import { AirkitError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { ContentReader } from './content.ts';
import { mapLimited } from './map-limited.ts';
import type { OperationOptions } from './operation.ts';
import { readDocument } from './read-document.ts';

const MAX_INDEX_DEPTH = 4;
const ATTESTED_DIGEST = 'vnd.docker.reference.digest';

/**
 * Reads every document that `root` reaches: indexes, manifests, configs; several at once, as far as the concurrency
 * permits. Layers are not read. The result is in the order of the documents, depth first.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED (schema 1), BLOB_MISSING when a document other than a child of an
 * index is not there, DIGEST_MISMATCH
 */
export async function readImageGraph(
  root: Descriptor,
  content: ContentReader,
  options: OperationOptions = {},
): Promise<ImageGraph> {
  const source = { root, content };
  const { indexes, leaves } = walk(root, await readIndexes(source, options));
  const read = await mapLimited(
    leaves,
    async (leaf, call) => readLeaf(leaf, source, call),
    options,
  );
  return {
    root,
    indexes,
    manifests: read.flatMap((manifest) => manifest ?? []),
    absentManifests: leaves.filter((_, position) => read[position] === undefined),
  };
}

interface GraphSource {
  readonly root: Descriptor;
  readonly content: ContentReader;
}

/** What the indexes name that are there, by the digest of the index. */
type Children = ReadonlyMap<Digest, readonly Descriptor[]>;

/** Reads the indexes, each once, those of one level side by side. */
async function readIndexes(source: GraphSource, options: OperationOptions): Promise<Children> {
  const children = new Map<Digest, readonly Descriptor[]>();
  let level = [source.root];
  for (let depth = 0; level.length > 0; depth += 1) {
    const unread = level.filter(
      ({ mediaType, digest }) => isIndexType(mediaType) && !children.has(digest),
    );
    const indexes = [...new Map(unread.map((index) => [index.digest, index])).values()];
    const named = await mapLimited(
      indexes,
      async (index, call) => readIndex({ index, depth }, source, call),
      options,
    );
    for (const [position, { digest }] of indexes.entries()) {
      const found = named[position];
      if (found !== undefined) children.set(digest, found);
    }
    level = named.flatMap((found) => found ?? []);
  }
  return children;
}

/** @returns undefined for an index that is not there */
async function readIndex(
  { index, depth }: { readonly index: Descriptor; readonly depth: number },
  source: GraphSource,
  options: OperationOptions,
): Promise<readonly Descriptor[] | undefined> {
  if (!(await isThere(index, source, options))) return undefined;
  if (depth < MAX_INDEX_DEPTH)
    return parseImageIndex(await readDocument(source.content, index, options), index).manifests;
  throw new AirkitError(
    'CONTENT_INVALID',
    `${index.digest}: indexes are nested deeper than ${MAX_INDEX_DEPTH} levels`,
  );
}

/** Indexes and everything else that is reached, each once, depth first; absent indexes are leaves. */
function walk(
  root: Descriptor,
  children: Children,
): { readonly indexes: Descriptor[]; readonly leaves: Descriptor[] } {
  const found = { indexes: [] as Descriptor[], leaves: [] as Descriptor[] };
  const seen = new Set<Digest>();
  const visit = (node: Descriptor): void => {
    if (seen.has(node.digest)) return;
    seen.add(node.digest);
    const below = isIndexType(node.mediaType) ? children.get(node.digest) : undefined;
    (below === undefined ? found.leaves : found.indexes).push(node);
    below?.forEach(visit);
  };
  visit(root);
  return found;
}

/** @returns undefined for what is not there */
async function readLeaf(
  node: Descriptor,
  source: GraphSource,
  options: OperationOptions,
): Promise<GraphManifest | undefined> {
  if (isIndexType(node.mediaType) || !(await isThere(node, source, options))) return undefined;
  if (isManifestType(node.mediaType)) return readManifest(node, source.content, options);
  throw new AirkitError(
    'UNSUPPORTED',
    `${node.digest}: ${JSON.stringify(node.mediaType)} is neither a manifest nor an index`,
  );
}

/** The root has to be there: reading it says so when it is not. */
async function isThere(
  node: Descriptor,
  { root, content }: GraphSource,
  options: OperationOptions,
): Promise<boolean> {
  return node === root || content.has(node, options);
}

async function readManifest(
  node: Descriptor,
  content: ContentReader,
  options: OperationOptions,
): Promise<GraphManifest> {
  const manifest = parseImageManifest(await readDocument(content, node, options), node);
  const isHeld = await holdsAll(manifest.layers, content, options);
  const attests = node.annotations?.[ATTESTED_DIGEST];
  const isImage =
    isImageConfigType(manifest.config.mediaType) &&
    attests === undefined &&
    manifest.artifactType === undefined;
  if (!isImage) return { ...describeArtifact(node, manifest, attests), isHeld };
  const config = parseImageConfig(
    await readDocument(content, manifest.config, options),
    manifest.config.digest,
  );
  requireLayerCount(config, manifest.layers.length, `manifest ${node.digest}`);
  return {
    descriptor: node,
    platform: node.platform ?? config.platform,
    config: manifest.config,
    layers: manifest.layers.map((descriptor, position) => ({
      descriptor,
      diffId: config.diffIds[position],
    })),
    isImage,
    isHeld,
  };
}

async function holdsAll(
  layers: readonly Descriptor[],
  content: ContentReader,
  options: OperationOptions,
): Promise<boolean> {
  const held = await Promise.all(layers.map(async (layer) => content.has(layer, options)));
  return held.every(Boolean);
}

function describeArtifact(
  node: Descriptor,
  manifest: ImageManifest,
  attests: string | undefined,
): Omit<GraphManifest, 'isHeld'> {
  return {
    descriptor: node,
    platform: node.platform ?? { os: 'unknown', architecture: 'unknown' },
    config: manifest.config,
    layers: manifest.layers.map((descriptor) => ({ descriptor })),
    isImage: false,
    ...(attests === undefined ? {} : { attests }),
  };
}
