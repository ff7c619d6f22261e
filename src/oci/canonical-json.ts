import { Buffer } from 'node:buffer';

/**
 * Canonical JSON as RFC 8785 writes it for the values that airkit uses: no white space, keys in UTF-16 order,
 * integers only. `undefined` members are left out.
 *
 * @throws TypeError for a number that is no safe integer, or a value JSON cannot hold; a bug of the caller.
 */
export function canonicalJson(value: unknown): Buffer {
  return Buffer.concat([...chunks(value)]);
}

/** True when the bytes are {@link canonicalJson} of the value, which is not written a second time as a whole. */
export function isCanonicalJson(bytes: Uint8Array, value: unknown): boolean {
  let at = 0;
  for (const chunk of chunks(value)) {
    if (!chunk.equals(bytes.subarray(at, at + chunk.byteLength))) return false;
    at += chunk.byteLength;
  }
  return at === bytes.byteLength;
}

/** True when two values have one {@link canonicalJson}. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return write(a) === write(b);
}

/** UTF-16 units of text that are written at a time: the bundle index of a large kit has tens of megabytes. */
const CHUNK_LENGTH = 64 * 1024;

function* chunks(value: unknown): Generator<Buffer, void> {
  let text = '';
  for (const piece of pieces(value, PIECE_DEPTH)) {
    text += piece;
    if (text.length < CHUNK_LENGTH) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
  }
  yield Buffer.from(text, 'utf8');
}

/** Documents are objects of lists: their items are one piece each. */
const PIECE_DEPTH = 2;

function* pieces(value: unknown, depth: number): Generator<string, void> {
  if (depth === 0 || typeof value !== 'object' || value === null) yield write(value);
  else if (Array.isArray(value)) {
    for (const [position, item] of value.entries()) {
      yield position === 0 ? '[' : ',';
      yield* pieces(item, depth - 1);
    }
    yield value.length === 0 ? '[]' : ']';
  } else {
    const members = membersOf(value);
    for (const [position, [key, member]] of members.entries()) {
      yield `${position === 0 ? '{' : ','}${JSON.stringify(key)}:`;
      yield* pieces(member, depth - 1);
    }
    yield members.length === 0 ? '{}' : '}';
  }
}

function write(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object') return writeObject(value);
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}

/** In one string from the start: the lists that others build of members take longer than the writing. */
function writeObject(value: object): string {
  const fields: Readonly<Record<string, unknown>> = Object(value);
  let text = '';
  for (const key of sortedKeys(value)) {
    const member = fields[key];
    if (member !== undefined)
      text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(member)}`;
  }
  return `{${text}}`;
}

function membersOf(value: object): [string, unknown][] {
  const fields: Readonly<Record<string, unknown>> = Object(value);
  return sortedKeys(value).flatMap((key) =>
    fields[key] === undefined ? [] : [[key, fields[key]]],
  );
}

function sortedKeys(value: object): string[] {
  return Object.keys(value).toSorted(); // by UTF-16 units
}
