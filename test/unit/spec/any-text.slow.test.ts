import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBundlesFile } from '../../../src/spec/check-bundles-file.ts';

const full = readFileSync(
  new URL('../../fixtures/bundles/valid/design-full.yaml', import.meta.url),
  'utf8',
);

/** Gives problems or a file, and places that exist in the text. */
function checkIsTotal(text: string): void {
  const { file, problems } = checkBundlesFile(text, { path: 'any.yaml' });
  expect(file === undefined).toBe(problems.length > 0);
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  let before = 0;
  for (const { line = 0, column = 0 } of problems) {
    expect(line).toBeGreaterThanOrEqual(Math.max(1, before));
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    before = line;
  }
}

const fragment = fc.constantFrom(
  ...'*|&a|*a|!|!x |: |- |\n|\n  |\t|{|}|[|]|"|\'|#|%|@|`|<<: *a|---\n|...|? |>\n|\0|\u2028|1.30|null|~|__proto__: x'.split(
    '|',
  ),
);

describe('any text', () => {
  test('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), checkIsTotal));
  });

  test('YAML-like text', () => {
    const text = fc.array(fc.oneof(fragment, fc.string({ maxLength: 5 })), { maxLength: 60 });
    fc.assert(fc.property(text, (parts) => checkIsTotal(parts.join(''))));
  });

  test('a good file with a part replaced', () => {
    const edit = fc.tuple(fc.nat(full.length), fc.nat(30), fc.oneof(fragment, fc.string()));
    fc.assert(
      fc.property(edit, ([at, length, insert]) =>
        checkIsTotal(full.slice(0, at) + insert + full.slice(at + length)),
      ),
      { numRuns: 150 },
    );
  });

  test('a good document with any JSON in place of a member', () => {
    const key = fc.constantFrom('defaults', 'registries', 'bundles', 'images', 'name', 'kind');
    fc.assert(
      fc.property(key, fc.jsonValue({ maxDepth: 4 }), (member, value) => {
        const bundle = { name: 'a', version: '1', images: ['*'], [member]: value };
        const top = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
        checkIsTotal(JSON.stringify({ ...top, [member]: value }));
      }),
    );
  });

  test.each([
    ['', 'EMPTY_FILE'],
    ['\n', 'EMPTY_FILE'],
    ['['.repeat(60_000), 'TOO_LARGE'],
    ['- '.repeat(60_000), 'TOO_LARGE'],
    ['{a: '.repeat(5000), 'TOO_LARGE'],
    ['x'.repeat(2_000_000), 'TOO_LARGE'],
    ['&a [*a]', 'WRONG_TYPE'],
    ['&a {defaults: *a, apiVersion: airkit.dev/v1, kind: Bundles}', 'UNKNOWN_KEY'],
  ])('%#: hostile text', (text, code) => {
    checkIsTotal(text);
    const { problems } = checkBundlesFile(text, { path: 'any.yaml' });
    expect(problems.map((problem) => problem.code)).toContain(code);
  });
});
