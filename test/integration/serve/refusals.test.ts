/** What a registry that only gives, and only its own, must not do. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeServedSample, type ServedSample } from './sample.ts';
import { serveKit, type ServedKit } from './served-kit.ts';

const folder = useTempFolder();
let sample: ServedSample;
let kit: ServedKit;

beforeAll(async () => {
  sample = await makeServedSample(await folder.fresh());
  kit = await serveKit(sample.site, 'kit');
});
afterAll(async () => kit.stop());

describe('methods', () => {
  test.each(['PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s is 405 everywhere',
    async (method) => {
      const { digest } = sample.redis.descriptor;
      for (const path of [
        '/v2/',
        '/v2/library/redis/manifests/7',
        `/v2/library/redis/blobs/${digest}`,
        '/v2/library/redis/blobs/uploads/',
        '/v2/new/blobs/uploads/?mount=x&from=library/redis',
        '/other',
      ]) {
        const body = method === 'OPTIONS' ? '' : 'x'.repeat(10_000);
        const reply = await kit.get(path, { method, body });
        expect(reply).toMatchObject({ status: 405, code: 'UNSUPPORTED' });
        expect(reply.headers['allow']).toBe('GET, HEAD');
      }
    },
  );

  test('a body that waits for leave to be sent is refused without it', async () => {
    const head = 'PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n';
    const answer = await raw(`${head}Expect: 100-continue\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  });
});

describe('names', () => {
  test.each([
    '/v2/../../etc/passwd',
    '/v2/library/../redis/manifests/7',
    '/v2/library/redis/../redis/manifests/7',
    '/v2/%2e%2e/%2e%2e/manifests/7',
    '/v2/library%2fredis/manifests/7',
    '/v2/library%2Fredis/manifests/7',
    '/v2/%252e%252e/manifests/7',
    '/v2/library/redis%00/manifests/7',
    '/v2/library/redis%0d%0a/manifests/7',
    '/v2/library//redis/manifests/7',
    '/v2/Library/Redis/manifests/7',
    '/v2/library/redis%/manifests/7',
    '/v2/library/redis%ff/manifests/7',
    '/v2/library\\redis/manifests/7',
    '/v2/-redis/manifests/7',
    `/v2/${'a'.repeat(256)}/manifests/7`,
    '/v2//manifests/7',
  ])('%s is no name', async (path) => {
    expect(await kit.get(path)).toMatchObject({ status: 400, code: 'NAME_INVALID' });
  });

  test.each([
    '/v2/library/redis/blobs/sha256:../../../etc/passwd',
    '/v2/library/redis/blobs/sha256:abc',
    `/v2/library/redis/blobs/sha256:${'A'.repeat(64)}`,
    '/v2/library/redis/blobs/7',
    '/v2/library/redis/manifests/sha256:..%00',
    '/v2/library/redis/manifests/@sha256:1',
  ])('%s is no digest', async (path) => {
    expect((await kit.get(path)).status).toBe(400);
  });

  test.each(['/', '/v1/', '/v2x/', '/v2/_catalog/x', '/v2/library/redis', '/v2/a/tags/other'])(
    '%s is not there',
    async (path) => {
      expect([400, 404]).toContain((await kit.get(path)).status);
    },
  );

  test('a percent sign that stands for a letter or a colon is decoded once', async () => {
    const { digest } = sample.redis.descriptor;
    const path = `/v2/library/red%69s/manifests/${digest.replace(':', '%3A')}`;
    expect((await kit.get(path)).status).toBe(200);
  });

  test.each([
    [
      'a target that is a whole address',
      'GET http://user:secret@x/v2/ HTTP/1.1\r\nHost: x\r\n\r\n',
      404,
    ],
    ['a header that never ends', `GET /v2/ HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['what is not HTTP', '\u0016\u0003\u0001\r\n\r\n', 400],
    ['two lengths', 'GET /v2/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ])('%s is refused', async (_, request, status) => {
    expect(await raw(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.stringify(kit.entries)).not.toContain('secret');
  });
});

describe('a name that two registries use', () => {
  test('is refused where they differ, and the message says what to ask for', async () => {
    const reply = await kit.get('/v2/acme/tool/manifests/1');
    expect(reply).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
    expect(reply.body.toString()).toContain('ghcr.io/acme/tool:1 or quay.io/acme/tool:1');
  });

  test('is served where they agree, by digest, scoped, and by the namespace', async () => {
    const { ghcr, quay } = sample.twins;
    for (const [path, root] of [
      ['acme/tool/manifests/same', ghcr],
      [`acme/tool/manifests/${quay.descriptor.digest}`, quay],
      ['ghcr.io/acme/tool/manifests/1', ghcr],
      ['quay.io/acme/tool/manifests/1', quay],
      ['acme/tool/manifests/1?ns=quay.io', quay],
      ['acme/tool/manifests/1?ns=ghcr.io', ghcr],
      ['ghcr.io/acme/tool/manifests/1?ns=ghcr.io', ghcr],
    ] as const) {
      const { headers } = await kit.get(`/v2/${path}`);
      expect([path, headers['docker-content-digest']]).toEqual([path, root.descriptor.digest]);
    }
    expect((await kit.get('/v2/acme/tool/tags/list')).json()).toMatchObject({ tags: ['same'] });
  });

  test('is unknown in the namespace of a registry that the kit has nothing of', async () => {
    for (const ns of ['other.io', 'docker.io', '../ghcr.io', ''])
      expect((await kit.get(`/v2/acme/tool/manifests/1?ns=${ns}`)).status).toBe(404);
    expect((await kit.get('/v2/library/redis/manifests/7?ns=registry-1.docker.io')).status).toBe(
      200,
    );
  });
});

/** Sends bytes as they are and gives all that comes back. */
async function raw(request: string): Promise<string> {
  const [host = '', port = ''] = kit.report.address.split(':');
  const socket = connect(Number(port), host);
  socket.write(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  return text(socket);
}
