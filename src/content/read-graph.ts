import type { Descriptor } from '../oci/descriptor.ts';
import { parseImageConfig, requireLayerCount } from '../oci/image-config.ts';
import type { GraphManifest, ImageGraph } from '../oci/image-graph.ts';
import { parseImageIndex, parseImageManifest, type ImageManifest } from '../oci/image-manifest.ts';
import { isImageConfigType, isIndexType, isManifestType } from '../oci/media-types.ts';
import { AirkitError } from '../errors.ts';
import type { ContentReader } from './content.ts';
import type { OperationOptions } from './operation.ts';
import { readDocument } from './read-document.ts';

const MAX_INDEX_DEPTH = 4;
const ATTESTED_DIGEST = 'vnd.docker.reference.digest';

/**
 * Reads every document that `root` reaches: indexes, manifests, configs. Layers are not read.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED (schema 1), BLOB_MISSING when a document other than a child of an
 * index is not there, DIGEST_MISMATCH
 */
export async function readImageGraph(
  root: Descriptor,
  content: ContentReader,
  options: OperationOptions = {},
): Promise<ImageGraph> {
  const found: GraphParts = { indexes: [], manifests: [], absentManifests: [] };
  await readNode({ node: root, depth: 0, found }, content, options);
  return { root, ...found };
}

interface GraphParts {
  readonly indexes: Descriptor[];
  readonly manifests: GraphManifest[];
  readonly absentManifests: Descriptor[];
}

interface Visit {
  readonly node: Descriptor;
  readonly depth: number;
  readonly found: GraphParts;
}

async function readNode(
  visit: Visit,
  content: ContentReader,
  options: OperationOptions,
): Promise<void> {
  const { node, depth, found } = visit;
  if (isManifestType(node.mediaType)) {
    if (alreadyFound(found, node)) return;
    found.manifests.push(await readManifest(node, content, options));
    return;
  }
  if (!isIndexType(node.mediaType)) {
    throw new AirkitError(
      'UNSUPPORTED',
      `${node.digest}: ${JSON.stringify(node.mediaType)} is neither a manifest nor an index`,
    );
  }
  if (depth >= MAX_INDEX_DEPTH) {
    throw new AirkitError(
      'CONTENT_INVALID',
      `${node.digest}: indexes are nested deeper than ${MAX_INDEX_DEPTH} levels`,
    );
  }
  if (found.indexes.some(({ digest }) => digest === node.digest)) return;
  found.indexes.push(node);
  const { manifests } = parseImageIndex(await readDocument(content, node, options), node);
  for (const child of manifests) {
    if (await content.has(child, options))
      await readNode({ node: child, depth: depth + 1, found }, content, options);
    else found.absentManifests.push(child);
  }
}

function alreadyFound(found: GraphParts, node: Descriptor): boolean {
  return found.manifests.some(({ descriptor }) => descriptor.digest === node.digest);
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
