/** Inputs near to good ones: the edits that scratched media and attackers make. */
import fc from 'fast-check';
import { canonicalText } from './json-text.ts';

type Edit = (bytes: Buffer, other: Buffer) => Buffer;

/** A place in any length: the same fraction of it. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

function at(bytes: Buffer, fraction: number): number {
  return Math.floor(fraction * (bytes.byteLength + 1));
}

function cut(bytes: Buffer, from: number, to: number): [Buffer, Buffer, Buffer] {
  const [low, high] = [from, to].map((one) => at(bytes, one)).toSorted((a, b) => a - b);
  return [bytes.subarray(0, low), bytes.subarray(low, high), bytes.subarray(high)];
}

function flip(position: number, mask: number): Edit {
  return (bytes) => {
    const copy = Buffer.from(bytes);
    const where = Math.min(at(bytes, position), bytes.byteLength - 1);
    if (where >= 0) copy[where] = (copy[where] ?? 0) ^ mask;
    return copy;
  };
}

function edits(tokens: readonly Buffer[]): fc.Arbitrary<Edit> {
  const token = fc.oneof(
    fc.constantFrom(...tokens),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  );
  const range = fc.tuple(place, place);
  return fc.oneof(
    fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([one, mask]) => flip(one, mask)),
    place.map(
      (one): Edit =>
        (bytes) =>
          bytes.subarray(0, at(bytes, one)),
    ),
    fc.tuple(place, token).map(([one, word]): Edit => (bytes) => {
      const [before, , after] = cut(bytes, one, one);
      return Buffer.concat([before, word, after]);
    }),
    fc.tuple(range, token).map(([[one, two], word]): Edit => (bytes) => {
      const [before, , after] = cut(bytes, one, two);
      return Buffer.concat([before, word, after]);
    }),
    range.map(([one, two]): Edit => (bytes) => {
      const [before, middle, after] = cut(bytes, one, two);
      return Buffer.concat([before, middle, middle, after]);
    }),
    range.map(([one, two]): Edit => (bytes, other) => {
      const [before] = cut(bytes, one, one);
      const [, , after] = cut(other, two, two);
      return Buffer.concat([before, after]);
    }),
  );
}

/** Bytes that every format has trouble with: ends of lines, other digits, escapes, wrong UTF-8, huge numbers. */
const TROUBLE: readonly Buffer[] = [
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '/',
  '@',
  '=',
  '-',
  '..',
  '../',
  '%',
  '%zz',
  '\u001B[2J',
  '\u009B',
  '\u202E',
  '\uFEFF',
  '٣',
  '9007199254740993',
  '-1',
  '1e999',
  '0x10',
  '__proto__',
  'constructor',
  'toString',
  'null',
  '{}',
  '[]',
  '{} {}',
  '$(x)',
  '*',
  '&a',
  '<<: *a',
  'sha512:',
  'sha256:',
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.of(0xff, 0xfe), Buffer.of(0xc0, 0xaf), Buffer.of(0xed, 0xa0, 0x80)]);

/** Seeds as they are, edited up to four times, and anything at all. */
export function bytesNear(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const seed = fc.constantFrom(...seeds);
  const edited = fc
    .tuple(seed, seed, fc.array(edits(TROUBLE), { minLength: 1, maxLength: 4 }))
    .map(([start, other, steps]) => steps.reduce((bytes, step) => step(bytes, other), start));
  return fc.oneof(
    { arbitrary: seed, weight: 1 },
    { arbitrary: edited, weight: 16 },
    { arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)), weight: 2 },
  );
}

/** {@link bytesNear} for parsers that take text; and texts of the seeds' own characters. */
export function textNear(seeds: readonly string[]): fc.Arbitrary<string> {
  const bytes = bytesNear(seeds.map((seed) => Buffer.from(seed)));
  const letters = [...new Set(seeds.join(''))];
  const woven = fc.array(fc.constantFrom(...letters, ...seeds), { maxLength: 12 });
  return fc.oneof(
    { arbitrary: bytes.map((one) => one.toString('utf8')), weight: 12 },
    { arbitrary: woven.map((parts) => parts.join('')), weight: 3 },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 1 },
  );
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53,
  '',
  '\u001B]0;x\u0007',
  '../x',
  `sha256:${'0'.repeat(64)}`,
  `sha512:${'0'.repeat(128)}`,
  [],
  {},
  [null],
  [[]],
  { __proto__: null },
  'toString',
  '\n',
  'a\tb',
];

/** Documents near to good ones: a value replaced, a member gone, doubled, or in another case; and edited text. */
export function jsonNear(seeds: readonly string[]): fc.Arbitrary<Buffer> {
  const seed = fc.constantFrom(...seeds);
  const odd = fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.jsonValue({ maxDepth: 2 }),
    fc.integer({ min: 0, max: 12 }),
  );
  const kind = fc.constantFrom('value', 'drop', 'double', 'case', 'add', 'canonical');
  const bent = fc
    .tuple(seed, fc.array(fc.tuple(fc.nat(10_000), kind, odd), { minLength: 1, maxLength: 2 }))
    .map(([text, steps]) =>
      steps.reduce(
        (now, [node, change, value]) => canonicalText(now, { node, change, value }),
        text,
      ),
    );
  return fc.oneof(
    { arbitrary: bent.map((text) => Buffer.from(text)), weight: 3 },
    { arbitrary: bytesNear(seeds.map((one) => Buffer.from(one))), weight: 2 },
  );
}
