import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentRange, parseRange } from '../../../src/serving/byte-range.ts';

describe('parseRange', () => {
  test.each([
    ['bytes=0-0', 10, { offset: 0, length: 1 }],
    ['bytes=0-', 10, { offset: 0, length: 10 }],
    ['bytes=3-7', 10, { offset: 3, length: 5 }],
    ['bytes=9-', 10, { offset: 9, length: 1 }],
    ['bytes=3-99', 10, { offset: 3, length: 7 }],
    ['bytes=-3', 10, { offset: 7, length: 3 }],
    ['bytes=-99', 10, { offset: 0, length: 10 }],
    ['Bytes= 1-2 ', 10, { offset: 1, length: 2 }],
  ])('%s of %d bytes', (header, size, range) => {
    expect(parseRange(header, size)).toEqual(range);
  });

  test.each([
    ['bytes=10-', 10],
    ['bytes=10-11', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('%s of %d bytes cannot be satisfied', (header, size) => {
    expect(parseRange(header, size)).toBe('unsatisfiable');
  });

  test.each([
    undefined,
    '',
    'bytes',
    'bytes=-',
    'bytes=5-3',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=a-b',
  ])('%s is ignored', (header) => {
    expect(parseRange(header, 10)).toBeUndefined();
  });

  test('never reaches beyond the blob', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (first, last, size) => {
        for (const header of [`bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${last}`]) {
          const range = parseRange(header, size);
          if (typeof range !== 'object') continue;
          expect(range.length).toBeGreaterThan(0);
          expect(range.offset).toBeGreaterThanOrEqual(0);
          expect(range.offset + range.length).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  test('is written as RFC 9110 has it', () => {
    expect(contentRange({ offset: 3, length: 5 }, 10)).toBe('bytes 3-7/10');
  });
});
