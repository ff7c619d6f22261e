/** Registries that never end, and that send us elsewhere. */
import { describe, expect, it } from 'vitest';
import { openRegistrySource } from '../../src/transports/registry/source.ts';
import { readAll } from '../unit/registry/filled-registry.ts';
import {
  accessOf,
  everythingIn,
  expectNoSecrets,
  failureOf,
  loggedIn,
} from '../unit/registry/registry-world.ts';
import {
  config,
  endless,
  isBlob,
  isList,
  isManifest,
  listen,
  readImage,
  registryWith,
} from './support/hostile-registry.ts';

describe('a registry', () => {
  it('that is honest is read', async () => {
    expect(await readImage(await listen(registryWith(() => false)))).toBe(3);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'data:application/octet-stream,x',
    'http://user:password@127.0.0.1/x',
    'http://',
    '',
  ])('that redirects blobs to "%s" is left', async (location) => {
    const host = await listen(
      registryWith((request, response) => {
        if (isBlob(request)) response.writeHead(307, { location }).end();
        return isBlob(request);
      }),
    );
    await expect(readImage(host)).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });

  it('that redirects in a circle is left', async () => {
    let asked = 0;
    const host = await listen(
      registryWith((request, response) => {
        if (isBlob(request))
          response.writeHead(307, { location: `${request.url}?${(asked += 1)}` }).end();
        return isBlob(request);
      }),
    );
    await expect(readImage(host)).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    expect(asked).toBeLessThan(100);
  });

  it.each([
    ['is believed no more than the registry', Buffer.from('other bytes'), 'SIZE_MISMATCH'],
    ['nor with the right number of bytes', Buffer.alloc(config.byteLength), 'DIGEST_MISMATCH'],
  ])('that redirects to another host: it %s', async (_, bytes, code) => {
    const second = await listen((_request, response) => void response.end(bytes), '127.0.0.2');
    const host = await listen(
      registryWith((request, response) => {
        if (isBlob(request)) response.writeHead(307, { location: `http://${second}/x` }).end();
        return isBlob(request);
      }),
    );
    await expect(readImage(host)).rejects.toMatchObject({ code });
  });

  it('that redirects to a host that asks for the login: it is not told', async () => {
    const seen: (string | undefined)[] = [];
    const second = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="give"' }).end();
    }, '127.0.0.2');
    const host = await listen(
      registryWith((request, response) => {
        const isIn = request.headers.authorization !== undefined;
        if (!isIn) response.writeHead(401, { 'www-authenticate': 'Basic realm="own"' }).end();
        else if (isBlob(request)) response.writeHead(307, { location: `http://${second}/x` }).end();
        return !isIn || isBlob(request);
      }),
    );
    const error = await failureOf(readImage(host, await loggedIn(host)));
    expect(error).toMatchObject({ code: 'SOURCE_FAILED' });
    expectNoSecrets(everythingIn(error));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((value) => value !== undefined)).toEqual([]);
  });

  it('whose token server is on another host without TLS: it is not told the login', async () => {
    const seen: (string | undefined)[] = [];
    const second = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"token":"x"}');
    }, '127.0.0.2');
    const challenge = `Bearer realm="http://${second}/token",service="x"`;
    const host = await listen(
      registryWith((request, response) => {
        const isIn = request.headers.authorization !== undefined;
        if (!isIn) response.writeHead(401, { 'www-authenticate': challenge }).end();
        return !isIn;
      }),
    );
    const error = await failureOf(readImage(host, await loggedIn(host)));
    expect(error).toMatchObject({ code: 'SOURCE_FAILED' });
    expectNoSecrets(everythingIn(error));
    expect(seen).toEqual([]);
    expect(await readImage(host)).toBe(3);
    expect(seen).toEqual([undefined]);
  });
});

describe('an endless body', () => {
  const bodies = [
    { what: 'of a blob', isMeant: isBlob, status: 200, code: 'SIZE_MISMATCH' },
    { what: 'of a manifest', isMeant: isManifest, status: 200, code: 'CONTENT_INVALID' },
    { what: 'of an error', isMeant: isManifest, status: 500, code: 'SOURCE_FAILED' },
    { what: 'of a list', isMeant: isList, status: 200, code: 'SOURCE_FAILED' },
  ];

  it.each(bodies)('$what is not taken', async ({ isMeant, status, code }) => {
    const counts: { sent: number }[] = [];
    const host = await listen(
      registryWith((request, response) => {
        if (!isMeant(request)) return false;
        if (request.method === 'HEAD') response.writeHead(405).end();
        else counts.push(endless(response.writeHead(status)));
        return true;
      }),
    );
    const include = isMeant === isList ? ['app:*'] : ['app:1'];
    await using source = await openRegistrySource({ ...accessOf(), host, include });
    await expect(readAll(source)).rejects.toMatchObject({ code });
    const sent = counts.map((count) => count.sent);
    expect(Math.max(...sent)).toBeLessThan(80 * 1024 ** 2);
  });

  it('of pages that name the next one for ever ends with the page that says nothing new', async () => {
    let pages = 0;
    const host = await listen(
      registryWith(({ url = '' }, response) => {
        if (!isList({ url })) return false;
        const link = `</v2/app/tags/list?last=${(pages += 1)}>; rel="next"`;
        response.writeHead(200, { link, 'content-type': 'application/json' });
        response.end(JSON.stringify({ name: 'app', tags: ['1'] }));
        return true;
      }),
    );
    await using source = await openRegistrySource({ ...accessOf(), host, include: ['app:*'] });
    expect(await readAll(source)).toBe(3);
    expect(pages).toBe(2);
  });
});
