/** Compose specification, "Interpolation", and compose's rules for `.env` files. */
import { describe, expect, test } from 'vitest';
import { parseEnvFile } from '../../../src/discovery/env-file.ts';
import { interpolate } from '../../../src/discovery/interpolate.ts';

const variables = new Map([
  ['SET', 'one'],
  ['EMPTY', ''],
]);

describe('interpolation', () => {
  test.each([
    ['a:$SET', 'a:one'],
    ['a:${SET}-b', 'a:one-b'],
    ['a:${SET:-no}', 'a:one'],
    ['a:${EMPTY:-default}', 'a:default'],
    ['a:${EMPTY-default}', 'a:'],
    ['a:${NONE:-default}', 'a:default'],
    ['a:${NONE-default}', 'a:default'],
    ['a:${NONE:-${SET}}', 'a:one'],
    ['a:${NONE:-${EMPTY:-${DEEP:-end}}}', 'a:end'],
    ['a:${SET:+two}', 'a:two'],
    ['a:${EMPTY:+two}', 'a:'],
    ['a:${EMPTY+two}', 'a:two'],
    ['a:${SET:?must}', 'a:one'],
    ['a$$b', 'a$b'],
    ['$${SET}', '${SET}'],
    ['a$', 'a$'],
    ['a:$1', 'a:$1'],
  ])('%s is %s', (text, expected) => {
    expect(interpolate(text, variables)).toEqual({ text: expected, unset: [] });
  });

  test.each([
    ['a:${NONE}', ['NONE']],
    ['$NONE/a:$SET', ['NONE']],
    ['a:${NONE:-$OTHER}', ['OTHER']],
    ['a:${SET:-$OTHER}', []],
    ['a:${NONE+$OTHER}', []],
  ])('%s names variables that nobody sets: %j', (text, unset) => {
    expect(interpolate(text, variables).unset).toEqual(unset);
  });

  test.each(['${', '${SET', '${SET:-a', '${1}', '${NONE:?must}', '${EMPTY:?must}', '${SET/a/b}'])(
    '%s is refused',
    (text) => {
      expect(interpolate(text, variables).complaint).toBeTypeOf('string');
    },
  );
});

test('a .env file with quotes, comments and earlier variables', () => {
  const text = [
    '# comment',
    'PLAIN=a b # comment',
    'HASH=a#b',
    'export EXPORTED = yes',
    `SINGLE='$PLAIN # kept'`,
    String.raw`DOUBLE="${'$'}{HASH}\n\"x\"" # comment`,
    'BARE=${PLAIN:-x}-${NONE:-y}',
    'NOTHING=',
    'no assignment',
  ].join('\r\n');
  expect(Object.fromEntries(parseEnvFile(text))).toEqual({
    PLAIN: 'a b',
    HASH: 'a#b',
    EXPORTED: 'yes',
    SINGLE: '$PLAIN # kept',
    DOUBLE: 'a#b\n"x"',
    BARE: 'a b-y',
    NOTHING: '',
  });
});
