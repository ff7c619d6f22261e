import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  formatBundleIndex,
  parseBundleIndex,
  type BundleIndex,
} from '../../../src/archive/bundle-index.ts';
import type { BundleBase } from '../../../src/archive/bundle-bases.ts';
import { canonicalJson } from '../../../src/oci/canonical-json.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { assembleSample, header, sampleRoots } from './sample-kit.ts';

let sample: BundleIndex;

beforeAll(async () => {
  sample = (await assembleSample(await sampleRoots(), ['linux/amd64'])).index;
});

const text = fc.string();
const digest = text.map((seed) => digestOf(seed));
const size = fc.maxSafeNat();
const descriptor = fc.record({ mediaType: text, digest, size });
const layer = fc.record(
  { descriptor, diffID: digest, uncompressedSize: size },
  { requiredKeys: ['descriptor'] },
);
const platform = fc.record(
  {
    os: fc.constant('linux'),
    architecture: fc.constantFrom('arm', 'amd64'),
    variant: fc.constant('v7'),
  },
  { requiredKeys: ['os', 'architecture'] },
);
const manifest = fc.record({
  descriptor,
  platform,
  config: descriptor,
  layers: fc.array(layer, { maxLength: 3 }),
});
/** What people read, and paths hold. */
const readable = text.filter((value) => !/\p{Cc}/u.test(value));
const fileName = fc.stringMatching(/^[A-Za-z0-9]{1,9}(?:[._+-][A-Za-z0-9]{1,9})?$/);
const image = fc.record({
  reference: readable,
  original: readable,
  root: descriptor,
  manifests: fc.array(manifest, { maxLength: 2 }),
  referrers: fc.array(descriptor, { maxLength: 2 }),
  from: readable,
  pattern: readable,
});
const member = fc.record({
  path: text,
  offset: size,
  size,
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
});
const reason = fc.constantFrom('platform' as const, 'base' as const);
const base = fc.record(
  { mediaType: text, digest, size, name: readable, version: readable },
  { requiredKeys: ['mediaType', 'digest', 'size'] },
);
const bases = fc
  .uniqueArray(base, { minLength: 1, maxLength: 3, selector: (one) => one.digest })
  .map((some) => some.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)));
/** Bases are there exactly when something is left to them. */
const withBases = (index: BundleIndex, some: BundleBase[]): BundleIndex =>
  index.absent.some((blob) => blob.reason === 'base') ? { ...index, bases: some } : index;
const bundleIndex = fc.record(
  {
    mediaType: fc.constant(header.mediaType),
    name: fileName,
    version: fileName,
    serial: size,
    expires: fc.constant('2027-06-30'),
    created: text,
    annotations: fc.dictionary(text, text),
    tool: fc.record({ name: text, version: text, encoder: text }),
    images: fc.array(image, { maxLength: 3 }),
    members: fc.array(member, { maxLength: 3 }),
    absent: fc.array(fc.record({ digest, size, reason }), { maxLength: 3 }),
  },
  { requiredKeys: ['mediaType', 'name', 'version', 'tool', 'images', 'members', 'absent'] },
);

const LEFT = { digest: digestOf('layer'), size: 5, reason: 'base' };
const NAMED = { mediaType: header.mediaType, digest: digestOf('base'), size: 7 };

/** The sample with something changed, as canonical JSON. */
function withChange(change: (plain: Record<string, unknown>) => void): Uint8Array {
  const plain: Record<string, unknown> = JSON.parse(
    Buffer.from(formatBundleIndex(sample)).toString(),
  );
  change(plain);
  return canonicalJson(plain);
}

describe('bundle.json', () => {
  it('is read as it was written, and written as it was read', () => {
    fc.assert(
      fc.property(bundleIndex, bases, (any, some) => {
        const index = withBases(any, some);
        const bytes = formatBundleIndex(index);
        const parsed = parseBundleIndex(bytes);
        expect(parsed).toEqual(index);
        expect(formatBundleIndex(parsed)).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
    expect(parseBundleIndex(formatBundleIndex(sample))).toEqual(JSON.parse(JSON.stringify(sample)));
  });

  it('has one spelling: white space and another order of keys are refused', () => {
    const bytes = formatBundleIndex(sample);
    const plain: Record<string, unknown> = JSON.parse(Buffer.from(bytes).toString());
    const reversed = Object.fromEntries(Object.entries(plain).toReversed());
    for (const other of [
      JSON.stringify(plain, undefined, 1),
      JSON.stringify(reversed),
      `${Buffer.from(bytes).toString()}\n`,
    ])
      expect(() => parseBundleIndex(Buffer.from(other))).toThrow(
        expect.objectContaining({ code: 'CONTENT_INVALID' }),
      );
  });

  it('has one spelling of texts: needless escapes are refused', () => {
    const bytes = Buffer.from(formatBundleIndex(sample))
      .toString()
      .replace('"sample"', String.raw`"s\u0061mple"`);
    expect(() => parseBundleIndex(Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: 'CONTENT_INVALID' }),
    );
  });

  it.each<[string, string, (plain: Record<string, unknown>) => void]>([
    ['bases to which nothing is left', 'CONTENT_INVALID', (plain) => (plain['bases'] = [NAMED])],
    ['an empty list of bases', 'CONTENT_INVALID', (plain) => (plain['bases'] = [])],
    ['a blob left to no base', 'CONTENT_INVALID', (plain) => (plain['absent'] = [LEFT])],
    [
      'a base twice',
      'CONTENT_INVALID',
      (plain) => Object.assign(plain, { absent: [LEFT], bases: [NAMED, NAMED] }),
    ],
    [
      'an unknown member of a base',
      'CONTENT_INVALID',
      (plain) => Object.assign(plain, { absent: [LEFT], bases: [{ ...NAMED, urls: ['x'] }] }),
    ],
    [
      'a base whose name is no single line',
      'CONTENT_INVALID',
      (plain) => Object.assign(plain, { absent: [LEFT], bases: [{ ...NAMED, name: 'a\nb' }] }),
    ],
    ['an unknown member', 'CONTENT_INVALID', (plain) => (plain['extra'] = 1)],
    [
      'an unknown member of an image',
      'CONTENT_INVALID',
      (plain) => Object.assign(first(plain, 'images'), { extra: 1 }),
    ],
    [
      'an unknown member of the tool',
      'CONTENT_INVALID',
      (plain) => Object.assign(plain['tool'] ?? {}, { extra: 1 }),
    ],
    [
      'urls in a descriptor',
      'CONTENT_INVALID',
      (plain) =>
        Object.assign(first(plain, 'images'), { root: { ...sample.images[0]?.root, urls: ['x'] } }),
    ],
    ['no name', 'CONTENT_INVALID', (plain) => delete plain['name']],
    ['no members', 'CONTENT_INVALID', (plain) => delete plain['members']],
    ['a serial as text', 'CONTENT_INVALID', (plain) => (plain['serial'] = '4')],
    ['a negative serial', 'CONTENT_INVALID', (plain) => (plain['serial'] = -4)],
    [
      'an expiry that is a time',
      'CONTENT_INVALID',
      (plain) => (plain['expires'] = '2030-01-31T00:00:00Z'),
    ],
    ['an expiry in no such month', 'CONTENT_INVALID', (plain) => (plain['expires'] = '2030-13-45')],
    ['null where nothing belongs', 'CONTENT_INVALID', (plain) => (plain['created'] = null)],
    [
      'a member with a negative offset',
      'CONTENT_INVALID',
      (plain) => Object.assign(first(plain, 'members'), { offset: -512 }),
    ],
    [
      'a member without a sum',
      'CONTENT_INVALID',
      (plain) => Object.assign(first(plain, 'members'), { sha256: 'x' }),
    ],
    [
      'an absent blob for no known reason',
      'CONTENT_INVALID',
      (plain) => Object.assign(first(plain, 'absent'), { reason: 'lazy' }),
    ],
    [
      'another media type',
      'UNSUPPORTED',
      (plain) => (plain['mediaType'] = 'application/vnd.airkit.bundle.index.v2+json'),
    ],
    ['no media type', 'UNSUPPORTED', (plain) => delete plain['mediaType']],
  ])('is refused with %s', (_, code, change) => {
    expect(() => parseBundleIndex(withChange(change))).toThrow(expect.objectContaining({ code }));
  });
});

function first(plain: Record<string, unknown>, list: string): object {
  const items = plain[list];
  const item: unknown = Array.isArray(items) ? items[0] : undefined;
  if (typeof item === 'object' && item !== null) return item;
  throw new Error(`the sample has no ${list}`);
}
