import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { mapLimited } from '../content/map-limited.ts';
import { readDocument } from '../content/read-document.ts';
import { parseDescriptor, type Descriptor } from '../oci/descriptor.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { asObject, asString, asStringMap, parseJsonObject, type JsonObject } from '../oci/json.ts';
import type { Reference } from '../oci/reference.ts';
import { contentsOf, documentsOf, type ListedReferrer, type ServedImage } from './served-image.ts';

/** An image of a kit, its documents and those of its referrers read. */
export interface KitImage {
  readonly reference: Reference;
  readonly graph: ImageGraph;
}

/** What a server needs to know of its images. */
export interface ServedContent {
  readonly images: readonly ServedImage[];
  /** Digests of the configs and layers that can be sent. */
  readonly held: ReadonlySet<string>;
}

/**
 * Reads what is needed to serve images: who speaks of whom, and which blobs are at hand. Layers are not read.
 *
 * @throws AirkitError what the reader throws, CONTENT_INVALID
 */
export async function readServedImages(
  images: readonly KitImage[],
  content: ContentReader,
  options: OperationOptions = {},
): Promise<ServedContent> {
  const served = await mapLimited(
    images,
    async (image, call) => ({ ...image, listed: await readListed(image, content, call) }),
    options,
  );
  const blobs = new Map(served.flatMap(contentsOf).map((blob) => [blob.digest, blob]));
  const held = new Set<string>();
  for (const blob of blobs.values()) if (await content.has(blob, options)) held.add(blob.digest);
  return { images: served, held };
}

/** As a registry finds referrers: by the subject of every document that it holds. */
async function readListed(
  { graph }: KitImage,
  content: ContentReader,
  options: OperationOptions,
): Promise<ListedReferrer[]> {
  const found: ListedReferrer[] = [];
  for (const document of documentsOf(graph)) {
    const bytes = await readDocument(content, document, options);
    found.push(...parseListed(bytes, document));
  }
  return found;
}

/**
 * A manifest or index as the list of referrers shows it; nothing for one that has no subject (OCI distribution spec,
 * "Listing Referrers"; OCI image-spec manifest.md, "artifactType").
 */
function parseListed(bytes: Uint8Array, target: Descriptor): ListedReferrer[] {
  const where = `manifest ${target.digest}`;
  const document = parseJsonObject(bytes, { where });
  if (document['subject'] === undefined || document['subject'] === null) return [];
  const { mediaType, digest, size } = target;
  const artifactType = artifactTypeOf(document, where);
  const annotations = document['annotations'];
  const descriptor: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined || annotations === null
      ? {}
      : { annotations: asStringMap(annotations, `${where}: annotations`) }),
  };
  return [
    { subject: parseDescriptor(document['subject'], `${where}: subject`).digest, descriptor },
  ];
}

/** The document's own type, else that of its config. */
function artifactTypeOf(document: JsonObject, where: string): string | undefined {
  const { artifactType, config } = document;
  if (typeof artifactType === 'string' && artifactType !== '') return artifactType;
  if (config === undefined || config === null) return undefined;
  return asString(asObject(config, `${where}: config`)['mediaType'], `${where}: config.mediaType`);
}
