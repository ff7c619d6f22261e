/** Whatever a file says, discovery ends, gives places that exist, and finds every image of a typed pod specification. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { DiscoveryKind, Scan } from '../../../src/discovery/found-image.ts';
import { scanText } from '../../../src/discovery/scan-text.ts';
import { formatReference } from '../../../src/oci/reference.ts';

const KINDS: readonly (DiscoveryKind | undefined)[] = [undefined, 'kubernetes', 'compose', 'list'];

function checkIsTotal(text: string): void {
  const lines = text.split('\n');
  for (const kind of KINDS) {
    const { images, problems } = scanText({ file: 'any.yaml', text, kind });
    for (const { line = 1, column = 1 } of [...images.map(({ place }) => place), ...problems]) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    }
  }
}

const fragment = fc.constantFrom(
  ...'*|&a |*a|!|: |- |\n|\n  |\t|{|}|[|]|"|#|---\n|...|? |<<: *a|{{ | }}|${|$$|__proto__: x'.split(
    '|',
  ),
  ...'image: a:1\n|services:\n|apiVersion: v1\n|kind: Pod\n|spec:\n'.split('|'),
);

describe('any text', () => {
  test('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), checkIsTotal));
  });

  test('YAML-like text', () => {
    const text = fc.array(fc.oneof(fragment, fc.string({ maxLength: 4 })), { maxLength: 50 });
    fc.assert(fc.property(text, (parts) => checkIsTotal(parts.join(''))));
  });

  test('any JSON in place of a part of a manifest or compose file', () => {
    const part = fc.constantFrom('spec', 'metadata', 'kind', 'items', 'services', 'data', 'image');
    fc.assert(
      fc.property(part, fc.jsonValue({ maxDepth: 4 }), (name, value) => {
        const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: value }] } };
        checkIsTotal(JSON.stringify({ ...pod, [name]: value }));
        checkIsTotal(stringify({ services: { a: { image: 'a:1', [name]: value } } }));
      }),
      // A name that every object inherits is a name like any other.
      { numRuns: 150, examples: [['kind', 'valueOf']] },
    );
  });
});

const BOMB = [
  'a: &a [image, image]',
  ...Array.from(
    { length: 40 },
    (_, at) =>
      `k${at}: &k${at} [*${at === 0 ? 'a' : `k${at - 1}`}, *${at === 0 ? 'a' : `k${at - 1}`}]`,
  ),
].join('\n');

/** Anchors of which only the last is reached, 20,000 levels above its own text. */
const DEEP_BOMB = [
  'apiVersion: v1',
  'kind: Pod',
  'status:',
  '  k0: &k0 [a]',
  ...Array.from({ length: 20_000 }, (_, at) => `  k${at + 1}: &k${at + 1} [*k${at}]`),
  'spec: *k20000',
].join('\n');

const MERGE_BOMB = [
  'base: &b',
  ...Array.from({ length: 2000 }, (_, at) => `  m${at}: x`),
  ...Array.from({ length: 2000 }, (_, at) => `u${at}: { <<: *b }`),
].join('\n');

const AGAIN_BOMB = [
  'base: &b',
  ...Array.from({ length: 20_000 }, (_, at) => `  m${at}: x`),
  `u: { <<: [${'*b, '.repeat(100_000)}] }`,
].join('\n');

test('much text takes little time', () => {
  const lines = Array.from({ length: 100_000 }, (_, at) => `ghcr.io/acme/app:${at}\n`);
  const started = performance.now();
  const { images } = scanText({ file: 'images.txt', text: lines.join('') });
  expect(images).toHaveLength(lines.length);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test.each([
  ['aliases that multiply', BOMB, 'TOO_LARGE'],
  ['aliases that multiply images', BOMB.replace('image, image', '{image: a:1}'), 'TOO_LARGE'],
  ['aliases that deepen', DEEP_BOMB, 'TOO_LARGE'],
  ['merged members that multiply', MERGE_BOMB, 'TOO_LARGE'],
  ['members merged again and again', AGAIN_BOMB, 'TOO_LARGE'],
  ['deep lists', `image: ${'['.repeat(60_000)}`, 'TOO_LARGE'],
  ['deep maps', '{a: '.repeat(5000), 'TOO_LARGE'],
  ['deep JSON', `${'['.repeat(60_000)}${']'.repeat(60_000)}`, 'TOO_LARGE'],
  ['long YAML', `a: ${'x'.repeat(9_000_000)}`, 'TOO_LARGE'],
  ['a value in itself', 'image: &a [*a]', 'UNKNOWN_ALIAS'],
])('%s: told in little time', (_, text, code) => {
  const { images, problems } = scanText({ file: 'hostile.yaml', text });
  expect(problems.map((one) => one.code)).toContain(code);
  expect(images.length).toBeLessThan(20_000);
});

/** As charts render them, in as many lines as the largest have; containers share an environment. */
function manifests(lines: number): string {
  const own = [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: { name: shop }',
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - image: ghcr.io/acme/shop:1',
    '          env: &env',
    ...Array.from(
      { length: 40 },
      (_, at) => `            - { name: VARIABLE_${at}, value: "${at}" }`,
    ),
    ...Array.from({ length: 3 }, () => '        - { image: ghcr.io/acme/proxy:1, env: *env }'),
    '---',
  ];
  return Array.from({ length: Math.ceil(lines / own.length) }, () => own.join('\n')).join('\n');
}

test('manifests of 50,000 lines are read, with the anchors that people use', () => {
  const text = manifests(50_000);
  expect(text.split('\n').length).toBeGreaterThanOrEqual(50_000);
  const { images, problems } = scanText({ file: 'all.yaml', text });
  expect(problems).toEqual([]);
  expect(images).toHaveLength(4 * (text.match(/kind: Deployment/g) ?? []).length);
});

test('values may stand in more places than they have text for, within reason', () => {
  const text = `images: [${Array.from({ length: 5000 }, () => '*a').join(',')}]`;
  const { images, problems } = scanText({ file: 'a.yaml', text: `a: &a {image: b:1}\n${text}` });
  expect(problems.map((one) => one.code)).toEqual(['NOT_RECOGNISED']);
  expect(images).toHaveLength(5001);
});

test('a map of 100,000 keys is read, and told when one of them stands twice', () => {
  const keys = Array.from({ length: 100_000 }, (_, at) => `k${at}: a`);
  const { problems } = scanText({ file: 'keys.yaml', text: [...keys, 'k7: b'].join('\n') });
  expect(problems).toMatchObject([
    { code: 'NOT_RECOGNISED' },
    { code: 'DUPLICATE_KEY', line: 100_001, column: 1 },
  ]);
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const image = fc
  .tuple(fc.constantFrom('', 'ghcr.io/', 'localhost:5000/'), word, word, word)
  .map(([host, folder, name, tag]) => `${host}${folder}/${name}:${tag}`);
const containers = fc.array(image, { minLength: 1, maxLength: 3 });
const style = fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_FOLDED');
const kind = fc.constantFrom('Pod', 'Deployment', 'DaemonSet', 'Job', 'CronJob');

/** A pod specification at its place in an object. */
function objectOf(name: string, spec: object): object {
  const template = { template: { spec } };
  if (name === 'Pod') return { apiVersion: 'v1', kind: name, spec };
  if (name !== 'CronJob') return { apiVersion: 'apps/v1', kind: name, spec: template };
  return { apiVersion: 'batch/v1', kind: name, spec: { jobTemplate: { spec: template } } };
}

function definiteOf({ images }: Scan): string[] {
  const definite = images.filter(({ certainty }) => certainty === 'definite');
  return definite.map(({ reference }) => formatReference(reference)).toSorted();
}

const listOf = (images: readonly string[]): object[] =>
  images.map((one, at) => ({ name: `c${at}`, image: one }));

function canonical(text: string): string {
  return /^(?:ghcr\.io|localhost:)/.test(text) ? text : `docker.io/${text}`;
}

test('every image of a pod specification is found, however it is written and packed', () => {
  const any = fc.record({ name: kind, first: containers, more: containers, scalar: style });
  fc.assert(
    fc.property(any, ({ name, first, more, scalar }) => {
      const one = objectOf(name, { initContainers: listOf(first), containers: listOf(more) });
      const nested = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'List', items: [one] }] };
      const written = { defaultStringType: scalar, defaultKeyType: 'PLAIN' } as const;
      const texts = [
        stringify(one, written),
        stringify(nested, written),
        JSON.stringify(nested),
        `---\n# nothing\n---\n${JSON.stringify(one, undefined, 2)}\n---\n`,
      ];
      const expected = [...first, ...more].map(canonical).toSorted();
      for (const text of texts)
        expect(definiteOf(scanText({ file: 'pod.yaml', text }))).toEqual(expected);
    }),
  );
});
