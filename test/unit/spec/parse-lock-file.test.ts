import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AirkitError } from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { formatLockFile } from '../../../src/spec/lock-file.ts';
import { parseLockFile } from '../../../src/spec/parse-lock-file.ts';

const root = digestOf('root');
const good = formatLockFile({
  bundles: [
    {
      name: 'demo',
      selectors: [
        {
          selector: digestOf('one'),
          from: 'registry',
          images: [
            { reference: 'ghcr.io/acme/api:1', pattern: '*', identity: { root } },
            {
              reference: 'ghcr.io/acme/web:1',
              pattern: '*',
              identity: { imageId: digestOf('id'), diffIds: [digestOf('layer')] },
            },
          ],
        },
        { selector: digestOf('two'), from: 'docker', images: [] },
      ],
    },
  ],
});

function refusal(text: string): AirkitError {
  try {
    parseLockFile(text, { path: 'bundles.lock.json' });
  } catch (error) {
    if (error instanceof AirkitError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** Either a lock, or a refusal with a place that exists in the text. */
function parseIsTotal(text: string): void {
  try {
    parseLockFile(text, { path: 'any' });
  } catch (error) {
    if (!(error instanceof AirkitError)) throw error;
    expect(error.code).toBe('SPEC_INVALID');
    const [{ line = 0, column = 0 } = {}] = error.problems;
    const lines = text.split('\n');
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThan(0);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
  }
}

describe('a lock is refused', () => {
  test.each([
    ['UNKNOWN_KEY', '"name": "demo"', '"nmae": "demo"', 5],
    ['UNKNOWN_KEY', '"kind"', '"created": "2026",\n"kind"', 34],
    ['DUPLICATE_KEY', '"name": "demo",', '"name": "demo",\n"name": "x",', 6],
    ['DUPLICATE_NAME', 'acme/web:1', 'acme/api:1', 20],
    ['DUPLICATE_NAME', digestOf('two'), digestOf('one'), undefined],
    ['MISSING_KEY', '"name": "demo",', '', 4],
    ['WRONG_TYPE', '"name": "demo"', '"name": 1', 5],
    ['WRONG_TYPE', '"images": []', '"images": {}', undefined],
    ['WRONG_VALUE', 'airkit.dev/v1', 'airkit.dev/v2', 2],
    ['WRONG_VALUE', 'BundlesLock', 'Bundles', undefined],
    ['WRONG_VALUE', root, root.toUpperCase(), undefined],
    ['WRONG_VALUE', 'ghcr.io/acme/api:1', 'acme/api', undefined],
    ['WRONG_VALUE', 'ghcr.io/acme/api:1', 'ghcr.io/ACME', undefined],
    ['JSON_SYNTAX', '"name": "demo",', '"name": "demo"', 6],
    ['JSON_SYNTAX', '"name": "demo",', '<<<<<<< HEAD', 5],
    ['JSON_SYNTAX', '{', '// a lock\n{', 1],
    ['JSON_SYNTAX', '"name"', "'name'", 5],
    ['JSON_SYNTAX', '[]', '[1,]', undefined],
  ])('%s: %s -> %s', (...[code, from, to, line]) => {
    expect(good).toContain(from);
    const error = refusal(good.replace(from, to));
    expect(error).toMatchObject({ code: 'SPEC_INVALID', problems: [{ code }] });
    expect(error.hint).toEqual(expect.any(String));
    if (line !== undefined) expect(error.context['line']).toBe(line);
  });

  test.each([
    ['', 'JSON_SYNTAX'],
    [`${good}{}`, 'JSON_SYNTAX'],
    ['[]', 'WRONG_TYPE'],
    ['null', 'WRONG_TYPE'],
    ['['.repeat(100_000), 'TOO_LARGE'],
    [`"${'x'.repeat(8_000_000)}`, 'JSON_SYNTAX'],
    [`"${String.raw`\n`.repeat(4_000_000)}`, 'JSON_SYNTAX'],
    [`"${'x'.repeat(40_000_000)}"`, 'TOO_LARGE'],
    [good.replace('"root"', '"imageID"'), 'MISSING_KEY'],
    [good.replace('"imageID"', '"root"'), 'UNKNOWN_KEY'],
    [good.replace('"demo"', '"\u0007"'), 'JSON_SYNTAX'],
    [good.replace('"demo"', String.raw`"\x41"`), 'JSON_SYNTAX'],
  ])('%#: hostile text', (text, code) => {
    expect(refusal(text)).toMatchObject({ code: 'SPEC_INVALID', problems: [{ code }] });
  });
});

describe('any text is a lock or is refused with its place', () => {
  test('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), parseIsTotal));
  });

  test('a good lock with a part replaced', () => {
    const insert = fc.oneof(fc.stringMatching(/^[{}[\]":,\\\n0-]$/), fc.string({ maxLength: 8 }));
    const edit = fc.tuple(fc.nat(good.length), fc.nat(30), insert);
    fc.assert(
      fc.property(edit, ([at, length, text]) =>
        parseIsTotal(good.slice(0, at) + text + good.slice(at + length)),
      ),
    );
  });

  test('any JSON', () => {
    const written = fc.tuple(fc.jsonValue(), fc.constantFrom(0, 2));
    fc.assert(
      fc.property(written, ([value, indent]) =>
        parseIsTotal(JSON.stringify(value, undefined, indent)),
      ),
    );
  });
});
