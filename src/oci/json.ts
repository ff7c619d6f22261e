import { AirkitError } from '../errors.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

export interface ParseJsonOptions {
  /** Names the document in errors: a path, a digest. */
  readonly where: string;
  /** Refuses longer documents, in bytes. Default 4 MiB, the limit of OCI registries for manifests. */
  readonly maxBytes?: number | undefined;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 64;

/**
 * Parses JSON from outside strictly: valid UTF-8, one document, no duplicate keys, bounded size and depth. Go's
 * decoder takes the last of two equal keys, others the first: a document must not mean two things.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseJson(bytes: Uint8Array, options: ParseJsonOptions): JsonValue {
  const { where, maxBytes = DEFAULT_MAX_BYTES } = options;
  if (bytes.byteLength > maxBytes) {
    throw invalid(where, `JSON of ${bytes.byteLength} bytes exceeds the limit of ${maxBytes}`);
  }
  const text = decodeUtf8(bytes, where);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AirkitError('CONTENT_INVALID', `${where}: not valid JSON`, { cause: error });
  }
  checkKeys(text, where);
  return value;
}

/** {@link parseJson}, and the document must be an object. */
export function parseJsonObject(bytes: Uint8Array, options: ParseJsonOptions): JsonObject {
  return asObject(parseJson(bytes, options), options.where);
}

export function asObject(value: JsonValue | undefined, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid(where, 'an object is expected');
}

export function asArray(value: JsonValue | undefined, where: string): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw invalid(where, 'a list is expected');
}

export function asString(value: JsonValue | undefined, where: string): string {
  if (typeof value === 'string') return value;
  throw invalid(where, 'a string is expected');
}

export function asStrings(value: JsonValue | undefined, where: string): string[] {
  return asArray(value, where).map((item, position) => asString(item, `${where}[${position}]`));
}

export function asSize(value: JsonValue | undefined, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(where, 'a size in bytes is expected, a whole number from 0 to 2^53-1');
}

export function asStringMap(value: JsonValue | undefined, where: string): Record<string, string> {
  const entries = Object.entries(asObject(value, where));
  return Object.fromEntries(entries.map(([k, v]) => [k, asString(v, `${where}.${k}`)]));
}

/**
 * Refuses keys that differ from a known field only in case. Go's decoder would read `Layers` as `layers`; airkit
 * would not, so such a document means two things.
 */
export function refuseCaseVariants(
  object: JsonObject,
  known: readonly string[],
  where: string,
): void {
  const exact = new Set(known);
  const folded = new Set(known.map((field) => field.toLowerCase()));
  for (const key of Object.keys(object)) {
    if (!exact.has(key) && folded.has(key.toLowerCase())) {
      throw invalid(where, `the key ${JSON.stringify(key)} differs from a known one only in case`);
    }
  }
}

function invalid(where: string, what: string): AirkitError {
  return new AirkitError('CONTENT_INVALID', `${where}: ${what}`);
}

function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new AirkitError('CONTENT_INVALID', `${where}: not valid UTF-8`, { cause: error });
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;

/** Walks the tokens of a text that JSON.parse accepted. A string followed by a colon is a key. */
function checkKeys(text: string, where: string): void {
  const scopes: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      scopes.push(token === '{' ? new Set() : undefined);
      if (scopes.length > MAX_DEPTH) throw invalid(where, `nested deeper than ${MAX_DEPTH} levels`);
    } else if (token === '}' || token === ']') {
      scopes.pop();
    } else if (token === ':') {
      const key: string = JSON.parse(last);
      const keys = scopes.at(-1);
      if (keys?.has(key) === true) throw invalid(where, `duplicate key ${JSON.stringify(key)}`);
      keys?.add(key);
    }
    last = token;
  }
}
