import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { mapLimited } from '../content/map-limited.ts';
import { readDocument } from '../content/read-document.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { parseDescriptor, type Descriptor } from '../oci/descriptor.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { asObject, asString, asStringMap, parseJsonObject, type JsonObject } from '../oci/json.ts';
import type { Reference } from '../oci/reference.ts';
import type { Referrer, ServedImage } from './repository.ts';

/** An image of a kit, as its bundle index tells of it. */
export interface KitImage {
  readonly reference: Reference;
  readonly graph: ImageGraph;
  /** Roots of the artifacts that refer to it. */
  readonly referrers: readonly Descriptor[];
}

/**
 * Reads what is needed to serve images: the documents of their referrers, and who speaks of whom.
 *
 * @throws AirkitError what the reader throws, CONTENT_INVALID
 */
export async function readServedImages(
  images: readonly KitImage[],
  content: ContentReader,
  options: OperationOptions = {},
): Promise<ServedImage[]> {
  return mapLimited(images, async (image, call) => readServedImage(image, content, call), options);
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
