import { AirkitError } from '../errors.ts';
import { parseDescriptor, type Descriptor } from './descriptor.ts';
import { asArray, asString, parseJsonObject, refuseCaseVariants, type JsonObject } from './json.ts';
import { isIndexType, isManifestType } from './media-types.ts';

/** One image for one platform (OCI image-spec manifest.md; Docker's schema 2 has the same shape). */
export interface ImageManifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
}

/** A list of manifests, one per platform, or of further indexes (OCI image-spec image-index.md). */
export interface ImageIndex {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
}

const MANIFEST_FIELDS = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'artifactType',
  'subject',
  'annotations',
];
const INDEX_FIELDS = [
  'schemaVersion',
  'mediaType',
  'manifests',
  'artifactType',
  'subject',
  'annotations',
];

/**
 * Reads the bytes of an image manifest that `target` describes. A document that could also be taken for an index is
 * refused (CVE-2021-41190), as is one whose own mediaType differs from the descriptor's.
 *
 * @throws AirkitError CONTENT_INVALID; UNSUPPORTED for Docker's schema 1
 */
export function parseImageManifest(bytes: Uint8Array, target: Descriptor): ImageManifest {
  const where = `manifest ${target.digest}`;
  const object = readDocument(bytes, { target, where, fields: MANIFEST_FIELDS });
  refuseMembers(object, ['manifests'], where);
  return {
    mediaType: target.mediaType,
    config: parseDescriptor(object['config'], `${where}: config`),
    layers: asArray(object['layers'] ?? [], `${where}: layers`).map((layer, position) =>
      parseDescriptor(layer, `${where}: layers[${position}]`),
    ),
    ...parseAttachment(object, where),
  };
}

/** What manifests and indexes say alike when they refer to another. */
function parseAttachment(
  { artifactType, subject }: JsonObject,
  where: string,
): Pick<ImageManifest, 'artifactType' | 'subject'> {
  return {
    ...(artifactType === undefined
      ? {}
      : { artifactType: asString(artifactType, `${where}: artifactType`) }),
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, `${where}: subject`) }),
  };
}

/**
 * Reads the bytes of an image index that `target` describes.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseImageIndex(bytes: Uint8Array, target: Descriptor): ImageIndex {
  const where = `index ${target.digest}`;
  const object = readDocument(bytes, { target, where, fields: INDEX_FIELDS });
  refuseMembers(object, ['config', 'layers'], where);
  return {
    mediaType: target.mediaType,
    manifests: parseManifests(object, where),
    ...parseAttachment(object, where),
  };
}

/** Reads the `manifests` of an index. Docker 25.0.0 to 25.0.2 write `null` where there is none. */
export function parseManifests(object: JsonObject, where: string): Descriptor[] {
  refuseCaseVariants(object, INDEX_FIELDS, where);
  return asArray(object['manifests'] ?? [], `${where}: manifests`).map((child, position) =>
    parseDescriptor(child, `${where}: manifests[${position}]`),
  );
}

/** Descriptors that a document points to, children before their own children are known. */
export function successors(target: Descriptor, bytes: Uint8Array): readonly Descriptor[] {
  if (isIndexType(target.mediaType)) return parseImageIndex(bytes, target).manifests;
  if (!isManifestType(target.mediaType)) return [];
  const manifest = parseImageManifest(bytes, target);
  return [manifest.config, ...manifest.layers];
}

interface DocumentRules {
  readonly target: Descriptor;
  readonly where: string;
  readonly fields: readonly string[];
}

function readDocument(bytes: Uint8Array, { target, where, fields }: DocumentRules): JsonObject {
  const object = parseJsonObject(bytes, { where });
  if (object['schemaVersion'] === 1 || 'fsLayers' in object) {
    throw new AirkitError('UNSUPPORTED', `${where}: Docker schema 1 manifests are not supported`, {
      hint: 'Push the image again with a Docker released after 2017.',
    });
  }
  refuseCaseVariants(object, fields, where);
  const own = object['mediaType'];
  if (own !== undefined && own !== target.mediaType) {
    throw new AirkitError(
      'CONTENT_INVALID',
      `${where}: it calls itself ${JSON.stringify(own)}, its descriptor ${JSON.stringify(target.mediaType)}`,
    );
  }
  return object;
}

function refuseMembers(object: JsonObject, names: readonly string[], where: string): void {
  const present = names.find((name) => name in object);
  if (present === undefined) return;
  throw new AirkitError(
    'CONTENT_INVALID',
    `${where}: ${JSON.stringify(present)} does not belong here`,
    {
      hint: 'A document that is both a manifest and an index means different things to different tools.',
    },
  );
}
