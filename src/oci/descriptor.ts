import { parseDigest, type Digest } from './digest.ts';
import {
  asObject,
  asSize,
  asString,
  asStringMap,
  refuseCaseVariants,
  type JsonValue,
} from './json.ts';
import { parsePlatformFields, type Platform } from './platform.ts';

/** Points at content: what it is, its digest, its size in bytes (OCI image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
}

const FIELDS = [
  'mediaType',
  'digest',
  'size',
  'platform',
  'annotations',
  'artifactType',
  'urls',
  'data',
];

/**
 * Reads a descriptor. `urls` and `data` are ignored: airkit fetches content by digest only.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseDescriptor(value: JsonValue | undefined, where: string): Descriptor {
  const object = asObject(value, where);
  refuseCaseVariants(object, FIELDS, where);
  const { platform, annotations, artifactType } = object;
  return {
    mediaType: asString(object['mediaType'], `${where}.mediaType`),
    digest: parseDigest(object['digest'], `${where}.digest`),
    size: asSize(object['size'], `${where}.size`),
    ...(isAbsent(platform) ? {} : { platform: parsePlatformFields(platform, `${where}.platform`) }),
    ...(isAbsent(annotations)
      ? {}
      : { annotations: asStringMap(annotations, `${where}.annotations`) }),
    ...(isAbsent(artifactType)
      ? {}
      : { artifactType: asString(artifactType, `${where}.artifactType`) }),
  };
}

/** The three members that identify content, without what a particular index says of it. */
export function bareDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function isAbsent(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}
