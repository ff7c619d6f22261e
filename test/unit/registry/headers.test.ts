import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import { parseChallenges } from '../../../src/transports/registry/challenge.ts';
import { nextPage, parseLinks } from '../../../src/transports/registry/link.ts';

const shown = (text: string): unknown =>
  parseChallenges(text).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const quotable = fc.stringMatching(/^[\t\u0020-\u007e]{0,20}$/);
const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const names = fc.uniqueArray(token, { selector: (name) => name.toLowerCase(), maxLength: 4 });

/** Either a value, or an error of airkit's own. */
function orRefused(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isAirkitError(error, 'CONTENT_INVALID')) throw error;
  }
}

describe('WWW-Authenticate', () => {
  it.each([
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    ],
    [
      'Negotiate, Basic realm=x , bearer  Realm = "a\\"b" , error=e',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
        ['bearer', { realm: 'a"b', error: 'e' }],
      ],
    ],
    [
      'Negotiate abc==, Basic',
      [
        ['negotiate', {}],
        ['basic', {}],
      ],
    ],
    ['', []],
    [' , ,Basic', [['basic', {}]]],
  ])('%s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it.each([
    '"x"',
    'Basic realm="x',
    'Basic realm="x" service=y',
    'Basic realm=x, realm=y',
    'Basic realm=, a=b',
    'Basic =x',
    'Bearer realm="a"b',
    'Basic réalm=x',
  ])('refuses %s', (text) => {
    expect(() => parseChallenges(text)).toThrow(
      expect.objectContaining({ code: 'CONTENT_INVALID' }),
    );
  });

  it('gives back every challenge that can be written', () => {
    const challenge = fc.tuple(token, names, fc.array(quotable, { minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 3 }), (challenges) => {
        const text = challenges
          .map(([scheme, keys, values]) =>
            `${scheme} ${keys.map((key, at) => `${key}=${quote(values[at] ?? '')}`).join(', ')}`.trim(),
          )
          .join(', ');
        expect(shown(text)).toEqual(
          challenges.map(([scheme, keys, values]) => [
            scheme.toLowerCase(),
            Object.fromEntries(keys.map((key, at) => [key.toLowerCase(), values[at]])),
          ]),
        );
      }),
    );
  });

  it('is read or refused, whatever it is', () => {
    const fuzz = fc.oneof(fc.string(), fc.stringMatching(/^[Bb ,="\\a<>;\t]{0,40}$/));
    fc.assert(fc.property(fuzz, (text) => orRefused(() => parseChallenges(text))));
    expect(() => parseChallenges('a'.repeat(20_000))).toThrow(
      expect.objectContaining({ code: 'CONTENT_INVALID' }),
    );
    expect(() => parseChallenges(`a ${'b="c", '.repeat(2000)}`)).toThrow(
      expect.objectContaining({ code: 'CONTENT_INVALID' }),
    );
  });
});

describe('Link', () => {
  it.each([
    ['</v2/_catalog?last=x&n=100>; rel="next"', '/v2/_catalog?last=x&n=100'],
    ['<a>; rel=prev, <b>;REL="last NEXT";title="x, <y>; rel=next"', 'b'],
    ['<a>; rel=prev; rel=next', undefined],
    ['<a>', undefined],
    [undefined, undefined],
  ])('%s', (text, expected) => {
    expect(nextPage(text)).toBe(expected);
  });

  it.each(['a', '<a', '<a b>', '<a>; ="x"', '<a>; rel="x', '<a> <b>', '<a>; rel='])(
    'refuses %s',
    (text) => {
      expect(() => parseLinks(text)).toThrow(expect.objectContaining({ code: 'CONTENT_INVALID' }));
    },
  );

  it('gives back every link that can be written', () => {
    const link = fc.tuple(fc.webPath(), quotable);
    fc.assert(
      fc.property(fc.array(link, { maxLength: 4 }), (links) => {
        const text = links.map(([target, title]) => `<${target}>; title=${quote(title)}`).join(',');
        expect(
          parseLinks(text).map(({ target, parameters }) => [target, parameters.get('title')]),
        ).toEqual(links);
      }),
    );
  });

  it('is read or refused, whatever it is', () => {
    const fuzz = fc.oneof(fc.string(), fc.stringMatching(/^[<>; ,="rel\\]{0,40}$/));
    fc.assert(fc.property(fuzz, (text) => orRefused(() => parseLinks(text))));
  });
});
