import { Buffer } from 'node:buffer';
import { compareStrings } from './compare.ts';

/**
 * Canonical JSON as RFC 8785 writes it for the values that airkit uses: no white space, keys in UTF-16 order,
 * integers only. `undefined` members are left out.
 *
 * @throws TypeError for a number that is no safe integer, or a value JSON cannot hold; a bug of the caller.
 */
export function canonicalJson(value: unknown): Buffer {
  return Buffer.from(write(value), 'utf8');
}

function write(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object') return writeObject(value);
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}

function writeObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => compareStrings(a, b))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`);
  return `{${members.join(',')}}`;
}
