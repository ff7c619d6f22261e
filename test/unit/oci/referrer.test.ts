import { describe, expect, it } from 'vitest';
import { digestOf, hexOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import {
  attachedTo,
  cosignSubject,
  describeReferrer,
  fallbackTag,
  isReferrerTag,
  linkReferrers,
  sortReferrers,
  type Referrer,
} from '../../../src/oci/referrer.ts';
import { addReferrerEntries, referrerEntry } from '../../../src/oci/referrer-index.ts';
import { jsonBytes } from '../../support/image-builder.ts';
import { referrerRoot } from '../../support/referrer-builder.ts';

const image = digestOf('image');

function referrer(name: string, attached: Pick<Referrer, 'subject' | 'tag'>): Referrer {
  const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(name), size: 1 };
  return { descriptor, ...attached, indexes: [], manifests: [] };
}

describe('tags made from digests', () => {
  it.each(['sig', 'att', 'sbom'])('of cosign: .%s', (suffix) => {
    const tag = `${fallbackTag(image)}.${suffix}`;
    expect(cosignSubject(tag)).toBe(image);
    expect(isReferrerTag(tag)).toBe(true);
  });

  it.each(['1.0', 'sha256-ab.sig', `sha256-${hexOf(image)}.zip`, `x-${fallbackTag(image)}`])(
    'are not any others: %s',
    (tag) => {
      expect(cosignSubject(tag)).toBeUndefined();
      expect(isReferrerTag(tag)).toBe(false);
    },
  );

  it('list referrers where there is no API', () => {
    expect(fallbackTag(image)).toBe(`sha256-${hexOf(image)}`);
    expect(isReferrerTag(fallbackTag(image))).toBe(true);
    expect(cosignSubject(fallbackTag(image))).toBeUndefined();
  });
});

describe('referrers', () => {
  const tag = `${fallbackTag(image)}.sig`;

  it('are linked to the image or to one another, and never in a circle', () => {
    const sbom = referrer('sbom', { subject: image });
    const signature = referrer('signature', { subject: sbom.descriptor.digest });
    const cosign = referrer('cosign', { tag, subject: digestOf('elsewhere') });
    const a = referrer('a', { subject: digestOf('b') });
    const b = referrer('b', { subject: digestOf('a') });
    const nothing = referrer('nothing', {});
    const { linked, loose } = linkReferrers([signature, a, cosign, sbom, b, nothing], [image]);
    expect(linked).toEqual([cosign, sbom, signature]);
    expect(loose).toEqual([a, b, nothing]);
    expect(attachedTo(cosign)).toBe(image);
  });

  it('are sorted, each once; the same under two tags twice', () => {
    const other = `${fallbackTag(digestOf('other'))}.sig`;
    const all = [
      referrer('one', { tag }),
      referrer('one', { tag: other }),
      referrer('one', { tag }),
      referrer('one', { subject: image }),
      referrer('two', { subject: image }),
    ];
    const sorted = sortReferrers(all);
    expect(sorted).toHaveLength(3);
    expect(sortReferrers(all.toReversed())).toEqual(sorted);
  });

  it('are described by their digest, type and tag', () => {
    expect(describeReferrer({ ...referrer('x', { tag }), artifactType: 'a/b' })).toEqual({
      mediaType: MEDIA_TYPES.ociManifest,
      digest: digestOf('x'),
      size: 1,
      artifactType: 'a/b',
      annotations: { 'org.opencontainers.image.ref.name': tag },
    });
  });
});

describe('a list of referrers', () => {
  const root = referrerRoot({ body: 'sbom', artifactType: 'a/b' });
  const { descriptor } = root;
  const annotations = { body: 'sbom' };
  const parts = { indexes: [], manifests: [] };
  const entry = referrerEntry({ descriptor, artifactType: 'a/b', annotations, ...parts });

  it('has type and annotations of each', () => {
    expect(entry).toEqual({ ...descriptor, artifactType: 'a/b', annotations });
  });

  it('is an OCI index; what is in it stays, also what is not known', () => {
    const first = addReferrerEntries(undefined, [entry]) ?? new Uint8Array();
    expect(JSON.parse(new TextDecoder().decode(first))).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [entry],
    });
    expect(addReferrerEntries(first, [entry])).toBeUndefined();
    const theirs = { digest: digestOf('theirs'), size: 1.5, 'x-more': [1] };
    const list = jsonBytes({ schemaVersion: 2, manifests: [theirs], 'x-own': 1 });
    const merged = addReferrerEntries(list, [entry]) ?? new Uint8Array();
    expect(JSON.parse(new TextDecoder().decode(merged))).toEqual({
      schemaVersion: 2,
      manifests: [theirs, entry],
      'x-own': 1,
    });
  });

  it('that cannot be read is not written over', () => {
    for (const text of ['', '[]', '{"manifests":1}', '{"manifests":["x"]}'])
      expect(() => addReferrerEntries(Buffer.from(text), [entry])).toThrow();
  });
});
