import { AirkitError } from '../errors.ts';
import { canonicalJson, isCanonicalJson } from '../oci/canonical-json.ts';
import { parseDescriptor, type Descriptor } from '../oci/descriptor.ts';
import { isDigest, parseDigest, type Digest } from '../oci/digest.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  asStringMap,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../oci/json.ts';
import { parsePlatformFields, type Platform } from '../oci/platform.ts';
import { parseBase, requireBases, type BundleBase } from './bundle-bases.ts';

export const BUNDLE_INDEX_MEDIA_TYPE = 'application/vnd.airkit.bundle.index.v1+json';
/** A larger bundle.json is refused, in bytes. A layer takes about 290 bytes in each image that has it. */
export const MAX_BUNDLE_INDEX_BYTES: number = 128 * 1024 * 1024;

/** `bundle.json`, the signed table of contents of a kit (docs/archive-format.md). */
export interface BundleIndex {
  readonly mediaType: typeof BUNDLE_INDEX_MEDIA_TYPE;
  readonly name: string;
  readonly version: string;
  readonly serial?: number | undefined;
  /** YYYY-MM-DD, the last day on which the kit may be used, in UTC. */
  readonly expires?: string | undefined;
  /** RFC 3339; only from SOURCE_DATE_EPOCH. */
  readonly created?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly tool: { readonly name: string; readonly version: string; readonly encoder: string };
  readonly images: readonly BundleImage[];
  readonly members: readonly BundleMember[];
  readonly absent: readonly AbsentBlob[];
  /** Of a thin kit: each of them has every blob that is absent with the reason `base`. Sorted by digest. */
  readonly bases?: readonly BundleBase[] | undefined;
}

export interface BundleImage {
  readonly reference: string;
  readonly original: string;
  readonly root: Descriptor;
  readonly manifests: readonly BundleManifest[];
  readonly referrers: readonly Descriptor[];
  readonly from: string;
  readonly pattern: string;
}

export interface BundleManifest {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  readonly config: Descriptor;
  readonly layers: readonly BundleLayer[];
}

export interface BundleLayer {
  readonly descriptor: Descriptor;
  /** Artifacts have none. */
  readonly diffID?: Digest | undefined;
  /** Bytes; where it was known when the kit was made. */
  readonly uncompressedSize?: number | undefined;
}

/** A file of the archive. */
export interface BundleMember {
  readonly path: string;
  /** Bytes from the end of bundle.json's own padded entry to the member's data. */
  readonly offset: number;
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A blob that manifests name and the archive leaves out. */
export interface AbsentBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly reason: 'platform' | 'base';
}

/** The bytes that are signed. */
export function formatBundleIndex(index: BundleIndex): Uint8Array {
  return canonicalJson(index);
}

/**
 * Reads `bundle.json`. Call it only with bytes whose signature has been checked.
 *
 * @throws AirkitError CONTENT_INVALID; UNSUPPORTED for the format of a newer airkit
 */
export function parseBundleIndex(bytes: Uint8Array): BundleIndex {
  const where = 'bundle.json';
  const object = parseJsonObject(bytes, { where, maxBytes: MAX_BUNDLE_INDEX_BYTES });
  requireMediaType(object['mediaType']);
  const tool = asObject(object['tool'], `${where}: tool`);
  const text = (value: JsonValue | undefined, name: string): string =>
    asString(value, `${where}: ${name}`);
  const index: BundleIndex = {
    mediaType: BUNDLE_INDEX_MEDIA_TYPE,
    name: requireFileName(text(object['name'], 'name'), `${where}: name`),
    version: requireFileName(text(object['version'], 'version'), `${where}: version`),
    ...parseOptional(object, where),
    tool: {
      name: text(tool['name'], 'tool.name'),
      version: text(tool['version'], 'tool.version'),
      encoder: text(tool['encoder'], 'tool.encoder'),
    },
    images: parseList(object['images'], `${where}: images`, parseImage),
    members: parseList(object['members'], `${where}: members`, parseMember),
    absent: parseList(object['absent'], `${where}: absent`, parseAbsent),
    ...(object['bases'] === undefined
      ? {}
      : { bases: parseList(object['bases'], `${where}: bases`, parseBase) }),
  };
  requireBases(index);
  requireCanonical(index, bytes);
  return index;
}

const FILE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,126}[A-Za-z0-9])?$/;

/** Name and version become part of paths. */
function requireFileName(value: string, where: string): string {
  if (FILE_NAME.test(value)) return value;
  throw new AirkitError('CONTENT_INVALID', `${where} may hold letters, digits and . _ + - only`);
}

/** Text for people, which also stands in images.txt: no tabs, line ends or escapes. */
function plainText(value: JsonValue | undefined, where: string): string {
  const text = asString(value, where);
  if (!/\p{Cc}/u.test(text)) return text;
  throw new AirkitError('CONTENT_INVALID', `${where} holds a control character`);
}

/** One meaning, one spelling: unknown members and other orders are refused too. */
function requireCanonical(index: BundleIndex, bytes: Uint8Array): void {
  if (isCanonicalJson(bytes, index)) return;
  throw new AirkitError(
    'CONTENT_INVALID',
    'bundle.json: it is not in canonical form, or has members that airkit does not know',
    {
      hint: 'Was it made by a newer airkit?',
    },
  );
}

function requireMediaType(value: JsonValue | undefined): void {
  if (value === BUNDLE_INDEX_MEDIA_TYPE) return;
  throw new AirkitError(
    'UNSUPPORTED',
    `bundle.json: its format ${JSON.stringify(value)} is not known`,
    {
      hint: `This airkit reads ${BUNDLE_INDEX_MEDIA_TYPE}; a newer one made the kit.`,
    },
  );
}

/** True for a day that exists, as YYYY-MM-DD. */
function isDate(text: string): boolean {
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(`${text}T`);
}

function parseOptional(object: JsonObject, where: string): Partial<BundleIndex> {
  const { serial, expires, created, annotations } = object;
  if (expires !== undefined && !(typeof expires === 'string' && isDate(expires))) {
    throw new AirkitError('CONTENT_INVALID', `${where}: expires is not a date`);
  }
  return {
    ...(serial === undefined ? {} : { serial: asSize(serial, `${where}: serial`) }),
    ...(expires === undefined ? {} : { expires }),
    ...(created === undefined ? {} : { created: asString(created, `${where}: created`) }),
    ...(annotations === undefined
      ? {}
      : { annotations: asStringMap(annotations, `${where}: annotations`) }),
  };
}

function parseList<T>(
  value: JsonValue | undefined,
  where: string,
  parse: (object: JsonObject, where: string) => T,
): T[] {
  return asArray(value, where).map((item, position) => {
    const at = `${where}[${position}]`;
    return parse(asObject(item, at), at);
  });
}

function parseImage(object: JsonObject, where: string): BundleImage {
  return {
    reference: plainText(object['reference'], `${where}.reference`),
    original: plainText(object['original'], `${where}.original`),
    root: parseDescriptor(object['root'], `${where}.root`),
    manifests: parseList(object['manifests'], `${where}.manifests`, parseManifest),
    referrers: asArray(object['referrers'], `${where}.referrers`).map((referrer, position) =>
      parseDescriptor(referrer, `${where}.referrers[${position}]`),
    ),
    from: plainText(object['from'], `${where}.from`),
    pattern: plainText(object['pattern'], `${where}.pattern`),
  };
}

function parseManifest(object: JsonObject, where: string): BundleManifest {
  return {
    descriptor: parseDescriptor(object['descriptor'], `${where}.descriptor`),
    platform: parsePlatformFields(object['platform'], `${where}.platform`),
    config: parseDescriptor(object['config'], `${where}.config`),
    layers: parseList(object['layers'], `${where}.layers`, parseLayer),
  };
}

function parseLayer(object: JsonObject, where: string): BundleLayer {
  const { diffID, uncompressedSize } = object;
  return {
    descriptor: parseDescriptor(object['descriptor'], `${where}.descriptor`),
    ...(diffID === undefined ? {} : { diffID: parseDigest(diffID, `${where}.diffID`) }),
    ...(uncompressedSize === undefined
      ? {}
      : { uncompressedSize: asSize(uncompressedSize, `${where}.uncompressedSize`) }),
  };
}

function parseMember(object: JsonObject, where: string): BundleMember {
  const sha256 = asString(object['sha256'], `${where}.sha256`);
  if (!isDigest(`sha256:${sha256}`))
    throw new AirkitError('CONTENT_INVALID', `${where}.sha256 is no sha256`);
  return {
    path: asString(object['path'], `${where}.path`),
    offset: asSize(object['offset'], `${where}.offset`),
    size: asSize(object['size'], `${where}.size`),
    sha256,
  };
}

function parseAbsent(object: JsonObject, where: string): AbsentBlob {
  const reason = object['reason'];
  if (reason !== 'platform' && reason !== 'base') {
    throw new AirkitError('CONTENT_INVALID', `${where}.reason is not known`);
  }
  return {
    digest: parseDigest(object['digest'], `${where}.digest`),
    size: asSize(object['size'], `${where}.size`),
    reason,
  };
}
