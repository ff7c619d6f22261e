import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { ImageIdentity } from '../../../src/oci/image-identity.ts';
import type { ImageSelector } from '../../../src/spec/bundles-file.ts';
import { checkBundlesFile } from '../../../src/spec/check-bundles-file.ts';
import {
  formatLockFile,
  lockPathOf,
  selectorDigest,
  type LockFile,
} from '../../../src/spec/lock-file.ts';
import { parseLockFile } from '../../../src/spec/parse-lock-file.ts';

const digest = fc.string().map((text) => digestOf(text));
const identity: fc.Arbitrary<ImageIdentity> = fc.oneof(
  fc.record({ root: digest }),
  fc.record({ imageId: digest, diffIds: fc.array(digest, { maxLength: 4 }) }),
);
const reference = fc
  .tuple(fc.stringMatching(/^[a-z]{1,5}(\/[a-z]{1,5})?$/), fc.stringMatching(/^[a-z0-9]{1,5}$/))
  .map(([name, tag]) => `registry.local:5000/${name}:${tag}`);
const image = fc.record({ reference, pattern: fc.string(), identity });
const images = fc.uniqueArray(image, { selector: (one) => one.reference, maxLength: 5 });
const selector = fc.record({ selector: digest, from: fc.string(), images });
const selectors = fc.uniqueArray(selector, { selector: (one) => one.selector, maxLength: 3 });
const bundles = fc.uniqueArray(fc.record({ name: fc.string(), selectors }), {
  selector: (one) => one.name,
  maxLength: 3,
});
const lock: fc.Arbitrary<LockFile> = fc.record({ bundles });

function reversed({ bundles: all }: LockFile): LockFile {
  const turned = all.map(({ name, selectors: own }) => ({
    name,
    selectors: own
      .map((one) => Object.assign({}, one, { images: one.images.toReversed() }))
      .toReversed(),
  }));
  return { bundles: turned.toReversed() };
}

describe('the text of a lock', () => {
  test('is read back as it was written, and written again as it was', () => {
    fc.assert(
      fc.property(lock, (one) => {
        const text = formatLockFile(one);
        expect(formatLockFile(parseLockFile(text, { path: 'any.lock.json' }))).toBe(text);
      }),
    );
  });

  test('does not depend on the order in which things were found', () => {
    fc.assert(
      fc.property(lock, (one) => {
        expect(formatLockFile(reversed(one))).toBe(formatLockFile(one));
      }),
    );
  });

  test('is indented, sorted, and ends its last line', () => {
    const root = digestOf('root');
    const both = ['b/b:1', 'b/a:1'].map((name) => ({
      reference: `r.io/${name}`,
      pattern: '*',
      identity: { root },
    }));
    const own = [{ selector: digestOf('s'), from: 'oci:x', images: both }];
    const text = formatLockFile({ bundles: [{ name: 'demo', selectors: own }] });
    expect(text).toBe(`{
  "apiVersion": "airkit.dev/v1",
  "bundles": [
    {
      "name": "demo",
      "selectors": [
        {
          "from": "oci:x",
          "images": [
            {
              "pattern": "*",
              "reference": "r.io/b/a:1",
              "root": "${root}"
            },
            {
              "pattern": "*",
              "reference": "r.io/b/b:1",
              "root": "${root}"
            }
          ],
          "selector": "${digestOf('s')}"
        }
      ]
    }
  ],
  "kind": "BundlesLock"
}
`);
  });
});

test.each([
  ['bundles.yaml', 'bundles.lock.json'],
  ['/site/apps.yml', '/site/apps.lock.json'],
  ['deploy/k8s.prod.yaml', 'deploy/k8s.prod.lock.json'],
  ['bundles', 'bundles.lock.json'],
])('the lock of %s is %s', (file, path) => {
  expect(lockPathOf(file)).toBe(path);
});

/** The digest of the only selector of a file. */
function digestOfSelector(written: object, path = '/site/bundles.yaml', defaults = {}): string {
  const list = [{ name: 'demo', version: '1', images: [written] }];
  const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', defaults, bundles: list };
  const checked = checkBundlesFile(JSON.stringify(file), { path }).file;
  const found: ImageSelector | undefined = checked?.bundles[0]?.images[0];
  if (checked === undefined || found === undefined) throw new Error('the file is wrong');
  return selectorDigest(found, checked.directory);
}

describe('the digest of a selector', () => {
  const written = { from: 'registry://r.io', include: ['a:*', 'b:*'], labels: { a: '1', b: '2' } };

  test.each([
    { from: 'registry://r.io/x' },
    { include: ['a:*'] },
    { include: ['b:*', 'a:*'] },
    { exclude: ['*-rc*'] },
    { labels: { a: '1' } },
    { semver: '>=1' },
    { newest: 1 },
    { platforms: ['linux/arm64'] },
    { referrers: true },
    { optional: true },
  ])('changes with %j', (change) => {
    expect(digestOfSelector({ ...written, ...change })).not.toBe(digestOfSelector(written));
  });

  test('is the same in another folder, with keys in another order, and with its defaults written out', () => {
    const { labels, include, from } = written;
    const turned = { include, labels: { b: '2', a: labels.a }, from };
    expect(digestOfSelector(turned, '/elsewhere/x.yaml')).toBe(digestOfSelector(written));
    expect(digestOfSelector({ ...written, optional: false })).toBe(digestOfSelector(written));
    expect(digestOfSelector({ include, from }, '/site/b.yaml', { labels })).toBe(
      digestOfSelector(written),
    );
  });

  test('holds no absolute path', () => {
    const discover = { lists: ['images.txt'] };
    expect(digestOfSelector({ discover }, '/a/bundles.yaml')).toBe(
      digestOfSelector({ discover }, '/b/bundles.yaml'),
    );
    const layout = { from: 'oci:layouts/base' };
    expect(digestOfSelector(layout, '/a/bundles.yaml')).toBe(
      digestOfSelector(layout, '/b/bundles.yaml'),
    );
  });
});
