import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isCanonicalJson } from '../../../src/oci/canonical-json.ts';
import { asSize, parseJson, refuseCaseVariants } from '../../../src/oci/json.ts';

const where = 'test.json';
const invalid = expect.objectContaining({ code: 'CONTENT_INVALID' });
const parse = (text: string | Uint8Array): unknown => parseJson(Buffer.from(text), { where });
const MIB = 1024 * 1024;

const refuse = (key: string) => (): void => refuseCaseVariants({ [key]: 1 }, ['layers'], where);

describe('strict JSON', () => {
  it.each([
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', String.raw`{"a":1,"\u0061":2}`],
    ['a key twice, deep inside', '[{"x":[{"b":{},"c":1,"b":[]}]}]'],
    ['a key twice with a string that looks like syntax between', String.raw`{"a":"},{\"","a":2}`],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['data after the document', '{} {}'],
    ['a letter after the document', '{}x'],
    ['a NUL after the document', '{}\0'],
    ['nothing', ''],
    ['blanks only', '  '],
    ['a byte order mark', '\uFEFF{}'],
    ['a comment', '{} // x'],
    ['a trailing comma', '[1,]'],
    ['single quotes', "{'a':1}"],
    ['NaN', 'NaN'],
    ['a raw line end in a string', '"a\nb"'],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['a hundred thousand levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['65 levels of objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
    ['a document cut off', '{"a":[1,2'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(invalid);
  });

  it.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses bytes that are no UTF-8: %s', (_, bytes) => {
    expect(() => parse(Uint8Array.from(bytes))).toThrow(invalid);
  });

  it('takes 64 levels, equal keys of different objects and equal strings as values', () => {
    expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeInstanceOf(Array);
    expect(parse('[{"a":1},{"a":2},{"b":"a","a":"b"}]')).toHaveLength(3);
  });

  it('refuses documents above the limit and takes those of just that size', () => {
    const bytes = Buffer.from('[1,2,3]');
    expect(parseJson(bytes, { where, maxBytes: 7 })).toEqual([1, 2, 3]);
    expect(() => parseJson(bytes, { where, maxBytes: 6 })).toThrow(invalid);
    expect(() => parse(`"${'a'.repeat(4 * MIB)}"`)).toThrow(invalid);
  });

  it.each([20])('reads one string of almost %i MiB', (size) => {
    const text = JSON.stringify({ a: 'x'.repeat(size * MIB - 100) });
    const value = parseJson(Buffer.from(text), { where, maxBytes: size * MIB });
    expect(value).toHaveProperty('a');
  });

  it('reads what JSON.parse reads, when no key stands twice', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parse(text))).toBe(text);
      }),
    );
  });

  it('refuses keys that differ from a known one in case only', () => {
    expect(refuse('Layers')).toThrow(invalid);
    expect(refuse('LAYERS')).toThrow(invalid);
    expect(refuse('layers')).not.toThrow();
    expect(refuse('other')).not.toThrow();
  });

  it.each([-1, 1.5, 2 ** 53, '1', null, undefined])('refuses %s as a size', (size) => {
    expect(() => asSize(size, where)).toThrow(invalid);
  });
});

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units and writes no white space', () => {
    const value = { b: [1, { z: null, a: true }], a: 'é\n"', '\u{1f600}': 1, '\ufb33': 2 };
    const text = '{"a":"é\\n\\"","b":[1,{"a":true,"z":null}],"\u{1f600}":1,"\ufb33":2}';
    expect(canonicalJson(value).toString()).toBe(text);
  });

  it('leaves out undefined members', () => {
    expect(canonicalJson({ a: undefined, b: 1 }).toString()).toBe('{"b":1}');
  });

  it.each([1.5, Number.NaN, 2 ** 53, Infinity, [undefined], () => 1, 1n])(
    'refuses %s, which is a bug of the caller',
    (value) => {
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    },
  );

  it('is the same for any order of keys, and reads back as the same value', () => {
    const values = fc.jsonValue({ maxDepth: 4 }).filter((value) => !hasFraction(value));
    fc.assert(
      fc.property(values, (value) => {
        const bytes = canonicalJson(value);
        expect(canonicalJson(reversed(value)).equals(bytes)).toBe(true);
        expect(canonicalJson(parse(bytes)).equals(bytes)).toBe(true);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const);
  return Object.fromEntries(entries.toReversed());
}

function hasFraction(value: unknown): boolean {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'number' && !Number.isSafeInteger(one) ? 'a fraction' : one,
  ).includes('a fraction');
}

describe('isCanonicalJson', () => {
  const list = Array.from({ length: 3000 }, (_, position) => ({ position, text: 'é'.repeat(20) }));
  const document = { list, empty: [], none: {}, name: 'x', nothing: undefined };
  const bytes = canonicalJson(document);

  it('knows what canonicalJson writes, in as many chunks as it takes', () => {
    expect(JSON.parse(bytes.toString())).toEqual(JSON.parse(JSON.stringify(document)));
    expect(isCanonicalJson(bytes, document)).toBe(true);
  });

  it.each([
    ['one byte more', Buffer.concat([bytes, Buffer.from(' ')])],
    ['one byte less', bytes.subarray(0, -1)],
    ['another order', Buffer.from(JSON.stringify(document))],
    ['nothing', Buffer.of()],
  ])('refuses %s', (_, other) => {
    expect(isCanonicalJson(other, document)).toBe(false);
  });
});
