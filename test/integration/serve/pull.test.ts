/**
 * The pull part of the OCI distribution spec (1.1), requirement by requirement, in its order.
 * Each title is the requirement in short.
 */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { layersOf, textOf, useServedSample } from './sample.ts';
import type { Reply } from './served-kit.ts';

const NOBODY = digestOf('nobody has this');
const { sample, kit, get } = useServedSample();
const head = async (path: string): Promise<Reply> => get(path, { method: 'HEAD' });

describe('Determining support', () => {
  test('GET /v2/ answers 200', async () => {
    for (const path of ['/v2/', '/v2', '/v2/?ns=ghcr.io']) {
      const { status, headers } = await kit().get(path);
      expect({ status, version: headers['docker-distribution-api-version'] }).toEqual({
        status: 200,
        version: 'registry/2.0',
      });
    }
  });
});

describe('Pulling manifests', () => {
  test('a GET by tag or digest gives the exact manifest with its type, length and digest', async () => {
    const { digest } = sample().redis.descriptor;
    for (const reference of ['7', '7.2', digest]) {
      const { status, headers, body } = await get(`library/redis/manifests/${reference}`);
      expect(status).toBe(200);
      expect(body.toString()).toBe(textOf(sample().redis));
      expect(headers).toMatchObject({
        'content-type': MEDIA_TYPES.ociManifest,
        'content-length': String(body.byteLength),
        'docker-content-digest': digest,
      });
    }
  });

  test('an index of which some platforms are absent keeps its bytes and its child manifests', async () => {
    const { headers, body } = await get('acme/api/manifests/1');
    expect(body.toString()).toBe(textOf(sample().api));
    expect(headers['content-type']).toBe(MEDIA_TYPES.ociIndex);
    const { manifests }: { manifests: { digest: string }[] } = JSON.parse(body.toString());
    expect(manifests).toHaveLength(4);
    for (const { digest } of manifests) {
      const child = await get(`acme/api/manifests/${digest}`);
      expect(digestOf(child.body)).toBe(digest);
    }
  });

  test('the type is that of the manifest whatever the Accept header lists', async () => {
    for (const accept of ['*/*', MEDIA_TYPES.dockerManifest, MEDIA_TYPES.ociIndex]) {
      const { headers } = await get('library/redis/manifests/7', { headers: { accept } });
      expect(headers['content-type']).toBe(MEDIA_TYPES.ociManifest);
    }
  });

  test('an image known by its digest only is found by it', async () => {
    const { digest } = sample().pinned.descriptor;
    expect((await get(`pause/manifests/${digest}`)).body.toString()).toBe(textOf(sample().pinned));
    expect(await get('pause/tags/list').then((reply) => reply.json())).toEqual({
      name: 'pause',
      tags: [],
    });
  });

  test.each(['8', NOBODY, '.INVALID_TAG', `sha512:${'a'.repeat(128)}`])(
    'a manifest that is not in the repository is 404: %s',
    async (reference) => {
      const reply = await get(`library/redis/manifests/${reference}`);
      expect(reply).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
      expect((await head(`library/redis/manifests/${reference}`)).status).toBe(404);
    },
  );

  test('a manifest of another repository is not in this one', async () => {
    const path = `acme/api/manifests/${sample().redis.descriptor.digest}`;
    expect(await get(path)).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
  });
});

describe('Pulling blobs', () => {
  test('a GET gives the exact bytes with their length and digest', async () => {
    for (const { digest, bytes } of layersOf(sample().redis)) {
      const { status, headers, body } = await get(`library/redis/blobs/${digest}`);
      expect(status).toBe(200);
      expect(body.equals(bytes)).toBe(true);
      expect(headers).toMatchObject({
        'content-length': String(bytes.byteLength),
        'docker-content-digest': digest,
        'accept-ranges': 'bytes',
      });
    }
  });

  test('a blob that is unknown, of another repository, or left out of the kit is 404', async () => {
    const [, own = { digest: '' }] = layersOf(sample().redis);
    const arm = absentLayer();
    for (const path of [
      `library/redis/blobs/${NOBODY}`,
      `acme/api/blobs/${own.digest}`,
      `acme/api/blobs/${arm}`,
    ]) {
      expect(await get(path)).toMatchObject({ status: 404, code: 'BLOB_UNKNOWN' });
      expect((await head(path)).status).toBe(404);
    }
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=3000-', 3000, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=0-99999999', 0, undefined],
  ])('Range %s is honoured', async (range, start, end) => {
    const [, layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample().redis);
    const { status, headers, body } = await get(`library/redis/blobs/${layer.digest}`, {
      headers: { range },
    });
    const expected = layer.bytes.subarray(start, end);
    expect(status).toBe(206);
    expect(body.equals(expected)).toBe(true);
    expect(headers['content-length']).toBe(String(expected.byteLength));
    expect(headers['content-range']).toMatch(
      new RegExp(`^bytes \\d+-\\d+/${layer.bytes.byteLength}$`),
    );
  });

  test('a range beyond the end is 416 and names the size', async () => {
    const [layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample().redis);
    const { byteLength } = layer.bytes;
    const path = `library/redis/blobs/${layer.digest}`;
    const reply = await get(path, { headers: { range: `bytes=${byteLength}-` } });
    expect(reply.status).toBe(416);
    expect(reply.headers['content-range']).toBe(`bytes */${byteLength}`);
  });

  test('If-Range gives the part of the same content only, else the whole', async () => {
    const [layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample().redis);
    const path = `library/redis/blobs/${layer.digest}`;
    const range = 'bytes=5-9';
    const same = await get(path, { headers: { range, 'if-range': `"${layer.digest}"` } });
    expect(same.status).toBe(206);
    const other = await get(path, { headers: { range, 'if-range': `"${NOBODY}"` } });
    expect([other.status, other.body.byteLength]).toEqual([200, layer.bytes.byteLength]);
    const known = await get(path, { headers: { 'if-none-match': `"${layer.digest}"` } });
    expect([known.status, known.body.byteLength]).toEqual([304, 0]);
  });
});

describe('Checking if content exists', () => {
  test('a HEAD answers as the GET does, without a body', async () => {
    const [layer = { digest: '' }] = layersOf(sample().redis);
    for (const path of [`manifests/7`, `blobs/${layer.digest}`, 'tags/list', 'blobs/nothing']) {
      const [asked, given] = [
        await head(`library/redis/${path}`),
        await get(`library/redis/${path}`),
      ];
      expect(asked.status).toBe(given.status);
      expect(asked.body.byteLength).toBe(0);
      const { date: _, connection: __, ...headers } = given.headers;
      expect(asked.headers).toMatchObject(headers);
    }
  });
});

/** A layer of the platform that the kit does not carry. */
function absentLayer(): string {
  const { manifests }: { manifests: { digest: string }[] } = JSON.parse(textOf(sample().api));
  const [, arm = { digest: '' }] = manifests;
  const document = new Map<string, Buffer>(sample().api.blobs).get(arm.digest)?.toString() ?? '';
  const { layers }: { layers: { digest: string }[] } = JSON.parse(document);
  return layers[1]?.digest ?? '';
}
