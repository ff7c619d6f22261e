import type { ByteRange } from '../content/content.ts';

/**
 * Reads a Range header against a blob of `size` bytes (RFC 9110 §14). Undefined means the whole: other units, several
 * ranges at once and malformed text are ignored, as a server may.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=[ \t]*(\d{0,16})-(\d{0,16})[ \t]*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? undefined : lastBytes(Number(last), size);
  if (last !== '' && Number(last) < Number(first)) return undefined;
  const offset = Number(first);
  if (offset >= size) return 'unsatisfiable';
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return { offset, length: end - offset };
}

/** `bytes A-B/SIZE`, counted from 0, both included. */
export function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  const length = Math.min(count, size);
  return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
}
