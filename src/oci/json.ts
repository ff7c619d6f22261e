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

/** Walks the structure of a text that JSON.parse accepted. A string followed by a colon is a key. */
function checkKeys(text: string, where: string): void {
  const scopes: (Set<string> | undefined)[] = [];
  let last = { start: 0, end: 0 };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      last = { start: at, end: endOfString(text, at) };
      at = last.end - 1;
    } else if (character === '{' || character === '[') {
      scopes.push(character === '{' ? new Set() : undefined);
      if (scopes.length > MAX_DEPTH) throw invalid(where, `nested deeper than ${MAX_DEPTH} levels`);
    } else if (character === '}' || character === ']') {
      scopes.pop();
    } else if (character === ':') {
      addKey(scopes.at(-1), text.slice(last.start, last.end), where);
    }
  }
}

function addKey(keys: Set<string> | undefined, literal: string, where: string): void {
  const key: string = literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1);
  if (keys?.has(key) === true) throw invalid(where, `duplicate key ${literal}`);
  keys?.add(key);
}

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
