import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseImageIndex, parseImageManifest } from '../oci/image-manifest.ts';
import { asStringMap, parseJsonObject } from '../oci/json.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Referrer, ReferrerManifest } from '../oci/referrer.ts';
import type { ContentReader } from './content.ts';
import type { OperationOptions } from './operation.ts';
import { readDocument } from './read-document.ts';

/** A referrer that is an index may name so many documents, and indexes nested so deep. */
const MAX_DOCUMENTS = 1000;
const MAX_INDEX_DEPTH = 4;

/** A referrer as somebody lists it, unread. */
export interface ListedReferrer {
  readonly descriptor: Descriptor;
  /** The tag of cosign under which it was found. */
  readonly tag?: string | undefined;
}

/**
 * Reads the documents of a referrer. Configs and layers are blobs of any kind and are not read.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED for what is neither a manifest nor an index or is too large a tree,
 * BLOB_MISSING, DIGEST_MISMATCH, SIZE_MISMATCH
 */
export async function readReferrer(
  { descriptor, tag }: ListedReferrer,
  content: ContentReader,
  options: OperationOptions = {},
): Promise<Referrer> {
  const tree: Tree = { indexes: [], manifests: [], seen: new Set() };
  const attached = await readNode({ node: descriptor, depth: 0, tree }, content, options);
  const { indexes, manifests } = tree;
  return { descriptor, ...attached, ...(tag === undefined ? {} : { tag }), indexes, manifests };
}

interface Tree {
  readonly indexes: Descriptor[];
  readonly manifests: ReferrerManifest[];
  readonly seen: Set<string>;
}

interface Visit {
  readonly node: Descriptor;
  readonly depth: number;
  readonly tree: Tree;
}

type Attachment = Pick<Referrer, 'artifactType' | 'annotations' | 'subject'>;

/** @returns what the document says of itself */
async function readNode(
  visit: Visit,
  content: ContentReader,
  options: OperationOptions,
): Promise<Attachment> {
  const { node, depth, tree } = visit;
  requireBounds(visit);
  tree.seen.add(node.digest);
  const isIndex = isIndexType(node.mediaType);
  if (!isIndex && !isManifestType(node.mediaType)) throw notCarried(node);
  const bytes = await readDocument(content, node, options);
  if (!isIndex) {
    const manifest = parseImageManifest(bytes, node);
    const { config, layers, artifactType = config.mediaType, subject } = manifest;
    tree.manifests.push({ descriptor: node, config, layers });
    return { ...attachment(artifactType, subject), ...annotationsIn(bytes, node) };
  }
  const { manifests, artifactType, subject } = parseImageIndex(bytes, node);
  tree.indexes.push(node);
  for (const child of manifests) {
    if (!tree.seen.has(child.digest))
      await readNode({ node: child, depth: depth + 1, tree }, content, options);
  }
  return { ...attachment(artifactType, subject), ...annotationsIn(bytes, node) };
}

function annotationsIn(bytes: Uint8Array, { digest }: Descriptor): Attachment {
  const { annotations } = parseJsonObject(bytes, { where: digest });
  if (annotations === undefined || annotations === null) return {};
  return { annotations: asStringMap(annotations, `${digest}: annotations`) };
}

function attachment(artifactType: string | undefined, subject: Descriptor | undefined): Attachment {
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject: subject.digest }),
  };
}

function requireBounds({ node, depth, tree }: Visit): void {
  if (depth <= MAX_INDEX_DEPTH && tree.seen.size < MAX_DOCUMENTS) return;
  throw new AirkitError(
    'UNSUPPORTED',
    `${node.digest}: a referrer with more than ${MAX_DOCUMENTS} documents or ${MAX_INDEX_DEPTH} levels is not carried`,
    { context: { digest: node.digest } },
  );
}

function notCarried({ digest, mediaType }: Descriptor): AirkitError {
  return new AirkitError(
    'UNSUPPORTED',
    `${digest}: a referrer of type ${JSON.stringify(mediaType.slice(0, 100))} is neither a manifest nor an index`,
    { context: { digest } },
  );
}
