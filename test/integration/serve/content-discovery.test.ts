/**
 * The content discovery part of the OCI distribution spec (1.1), requirement by requirement, in its order.
 * Each title is the requirement in short.
 */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { SBOM_TYPE, useServedSample } from './sample.ts';

const NOBODY = digestOf('nobody has this');
const { sample, kit, get } = useServedSample();

describe('Listing tags and repositories', () => {
  test('tags come in lexical order, whatever their case', async () => {
    expect((await get('library/redis/tags/list')).json()).toEqual({
      name: 'library/redis',
      tags: ['7', '7.2', 'Latest'],
    });
  });

  test('n limits, last goes on after it, and Link leads through all pages', async () => {
    const seen: string[] = [];
    let path = 'library/redis/tags/list?n=1';
    for (let page = 0; page < 3; page += 1) {
      const reply = await get(path);
      expect(reply.json()).toMatchObject({ name: 'library/redis' });
      seen.push(reply.body.toString());
      const link = /^<\/v2\/([^>]+)>; rel="next"$/.exec(String(reply.headers['link']))?.[1];
      expect(link === undefined).toBe(page === 2);
      path = link ?? '';
    }
    expect(seen.map((text) => JSON.parse(text).tags)).toEqual([['7'], ['7.2'], ['Latest']]);
  });

  test('n=0 is an empty list without Link, last alone skips, and n that is no number is 400', async () => {
    const none = await get('library/redis/tags/list?n=0');
    expect([none.json(), none.headers['link']]).toEqual([
      { name: 'library/redis', tags: [] },
      undefined,
    ]);
    expect((await get('library/redis/tags/list?last=7.1')).json()).toMatchObject({
      tags: ['7.2', 'Latest'],
    });
    for (const n of ['-1', 'x', '1e9', ''])
      expect((await get(`library/redis/tags/list?n=${n}`)).status).toBe(400);
  });

  test('tags of an unknown repository are 404', async () => {
    expect(await get('acme/none/tags/list')).toMatchObject({ status: 404, code: 'NAME_UNKNOWN' });
  });

  test('the catalog has each repository once, scoped where the short name is not clear', async () => {
    const all = ['acme/api', 'ghcr.io/acme/tool', 'library/redis', 'pause', 'quay.io/acme/tool'];
    expect((await get('_catalog')).json()).toEqual({ repositories: all });
    expect(kit().report.repositories).toEqual(all);
    const page = await get('_catalog?n=2');
    expect(page.json()).toEqual({ repositories: all.slice(0, 2) });
    expect(page.headers['link']).toContain('last=ghcr.io%2Facme%2Ftool');
  });
});

describe('Listing referrers', () => {
  test('is an index of what has that subject, with artifact type and annotations', async () => {
    const reply = await get(`acme/api/referrers/${sample().api.descriptor.digest}`);
    expect(reply.headers['content-type']).toBe(MEDIA_TYPES.ociIndex);
    expect(reply.json()).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [
        {
          ...sample().sbom.descriptor,
          artifactType: SBOM_TYPE,
          annotations: { 'org.example.note': 'made by a test' },
        },
      ],
    });
    expect((await get(`acme/api/manifests/${sample().sbom.descriptor.digest}`)).status).toBe(200);
  });

  test('filters by artifactType and says so', async () => {
    for (const [type, count] of [
      [SBOM_TYPE, 1],
      ['application/other', 0],
    ] as const) {
      const query = new URLSearchParams({ artifactType: type }).toString();
      const reply = await get(`acme/api/referrers/${sample().api.descriptor.digest}?${query}`);
      expect(reply.json()).toMatchObject({ manifests: { length: count } });
      expect(reply.headers['oci-filters-applied']).toBe('artifactType');
    }
  });

  test('of anything else is empty, and of a malformed digest 400', async () => {
    const reply = await get(`acme/api/referrers/${NOBODY}`);
    expect([reply.status, reply.json()]).toMatchObject([200, { manifests: [] }]);
    expect(await get('acme/api/referrers/sha256:1')).toMatchObject({
      status: 400,
      code: 'DIGEST_INVALID',
    });
  });
});
