import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDescriptor } from '../../../src/oci/descriptor.ts';
import { digestFromHex, digestOf, hexOf, isDigest, parseDigest } from '../../../src/oci/digest.ts';
import { chainIds } from '../../../src/oci/image-config.ts';

const invalid = expect.objectContaining({ code: 'CONTENT_INVALID' });
const HEX = 'ab'.repeat(32);

describe('digests', () => {
  it.each([
    '',
    HEX,
    `sha256:${HEX.slice(1)}`,
    `sha256:${HEX}0`,
    `sha256:${HEX.toUpperCase()}`,
    `SHA256:${HEX}`,
    `sha512:${HEX}${HEX}`,
    `sha256-${HEX}`,
    ` sha256:${HEX}`,
    `sha256:${HEX}\n`,
    `sha256:../../../../etc/passwd${HEX.slice(22)}`,
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    null,
    7,
    [`sha256:${HEX}`],
  ])('refuses %j', (text) => {
    expect(() => parseDigest(text)).toThrow(invalid);
  });

  it('takes sha256 in lower case and nothing else', () => {
    expect(parseDigest(`sha256:${HEX}`)).toBe(`sha256:${HEX}`);
    expect(isDigest(`sha256:${HEX}`)).toBe(true);
  });

  it('is the sha256 of bytes', () => {
    expect(digestOf('')).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hex = createHash('sha256').update(bytes).digest('hex');
        expect(hexOf(digestOf(bytes))).toBe(hex);
        expect(digestFromHex(hex)).toBe(digestOf(bytes));
      }),
    );
  });
});

describe('descriptors', () => {
  const good = { mediaType: 'a/b', digest: `sha256:${HEX}`, size: 3 };

  it('keep what airkit knows and drop urls and data', () => {
    const full = { ...good, annotations: { a: 'b' }, artifactType: 'c', urls: ['x'], data: 'eA==' };
    expect(parseDescriptor(full, 'x')).toEqual({
      ...good,
      annotations: { a: 'b' },
      artifactType: 'c',
    });
    expect(parseDescriptor({ ...good, annotations: null, platform: null }, 'x')).toEqual(good);
  });

  it.each([
    ['no digest', { ...good, digest: undefined }],
    ['no size', { ...good, size: undefined }],
    ['a negative size', { ...good, size: -1 }],
    ['a size of 2^53', { ...good, size: 2 ** 53 }],
    ['a size as text', { ...good, size: '3' }],
    ['no media type', { ...good, mediaType: undefined }],
    ['a case variant of digest', { ...good, Digest: good.digest }],
    ['a case variant of size', { ...good, SIZE: 4 }],
    ['an annotation that is no text', { ...good, annotations: { a: 1 } }],
    ['a list', []],
  ])('are refused with %s', (_, value) => {
    expect(() => parseDescriptor(value, 'x')).toThrow(invalid);
  });
});

describe('chain IDs', () => {
  // printf 'layer a' | sha256sum, and so on; printf 'sha256:A sha256:B' | sha256sum for the chains.
  const [a, b, c] = [
    'sha256:8a74c5338f1ca6b4b751802e195c85cd48c6d54e5f38d19a4e5ea902baa60af7',
    'sha256:4660645c73f48eb8f67e661ea54842f9fabb1ae261238e0538d1b952b00863f9',
    'sha256:63faee8dfdaa1586f6f474a3e8b27d8aeb7ebde13392b7af762889d51793799a',
  ].map((text) => parseDigest(text));

  it('are those that sha256sum computes', () => {
    expect(chainIds([a, b, c].map((text) => parseDigest(text)))).toEqual([
      a,
      'sha256:96097a2f877d2a7d46e93242c3e704909aa0d4486b8e4a03c8d91739d51f35c8',
      'sha256:eb60e3bb7bee074fb571fcbd9d3494f1ab5477da651e899915c6ee6bfb985b4f',
    ]);
  });

  it('depend only on the layers below', () => {
    const digests = fc.array(
      fc.nat().map((seed) => digestOf(`${seed}`)),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(digests, fc.nat(8), (all, cut) => {
        expect(chainIds(all.slice(0, cut))).toEqual(chainIds(all).slice(0, cut));
      }),
    );
  });
});
