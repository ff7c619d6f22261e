import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { mapLimited } from '../content/map-limited.ts';
import { readDocument } from '../content/read-document.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { parseDescriptor, type Descriptor } from '../oci/descriptor.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { asObject, asString, asStringMap, parseJsonObject, type JsonObject } from '../oci/json.ts';
import type { Reference } from '../oci/reference.ts';
import { blobsOf, type Referrer, type ServedImage } from './repository.ts';

/** An image of a kit, as its bundle index tells of it. */
export interface KitImage {
  readonly reference: Reference;
  readonly graph: ImageGraph;
  /** Roots of the artifacts that refer to it. */
  readonly referrers: readonly Descriptor[];
}

/** What a server needs to know of its images. */
export interface ServedContent {
  readonly images: readonly ServedImage[];
  /** Digests of the configs and layers that can be sent. */
  readonly held: ReadonlySet<string>;
}

/**
 * Reads what is needed to serve images: the documents of their referrers, who speaks of whom, and which blobs are at
 * hand. Layers are not read.
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
    async (image, call) => readServedImage(image, content, call),
    options,
  );
  const blobs = new Map(served.flatMap(blobsOf).map((blob) => [blob.digest, blob]));
  const held = new Set<string>();
  for (const blob of blobs.values()) if (await content.has(blob, options)) held.add(blob.digest);
  return { images: served, held };
}

async function readServedImage(
  { reference, graph, referrers }: KitImage,
  content: ContentReader,
  options: OperationOptions,
): Promise<ServedImage> {
  const others: ImageGraph[] = [];
  for (const root of referrers) others.push(await readImageGraph(root, content, options));
  const graphs = [graph, ...others] as const;
  const documents = graphs.flatMap(({ indexes, manifests }) => [
    ...indexes,
    ...manifests.map(({ descriptor }) => descriptor),
  ]);
  const found: Referrer[] = [];
  for (const document of documents) {
    const bytes = await readDocument(content, document, options);
    found.push(...parseReferrer(bytes, document));
  }
  return { reference, graphs: [...graphs], referrers: found };
}

/**
 * A manifest or index as the list of referrers shows it; nothing for one that has no subject (OCI distribution spec,
 * "Listing Referrers"; OCI image-spec manifest.md, "artifactType").
 */
export function parseReferrer(bytes: Uint8Array, target: Descriptor): Referrer[] {
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
