/** Where a registry may send an upload, and the next page of a list, and what it may be told there. */
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openRegistrySource } from '../../src/transports/registry/source.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { single } from '../unit/registry/pushed-images.ts';
import { accessOf, loggedIn, targetImage } from '../unit/registry/registry-world.ts';
import { isList, listen, registryWith } from './support/hostile-registry.ts';

/** A registry that holds nothing, wants a login, and names a place for uploads. */
function emptyRegistry(location: string): RequestListener {
  return ({ method, headers }, response) => {
    if (headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="own"' }).end();
    else if (method === 'POST') response.writeHead(202, { location }).end();
    else response.writeHead(404).end();
  };
}

/** A server on another address, and the logins that it was shown. */
async function elsewhere(): Promise<{ host: string; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const host = await listen((request, response) => {
    seen.push(request.headers.authorization);
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Basic realm="give"' }).end();
  }, '127.0.0.2');
  return { host, seen };
}

async function pushTo(host: string): Promise<unknown> {
  const access = accessOf({ environment: await loggedIn(host), patience: 1000 });
  await using target = await openRegistryTarget({ ...access, host });
  const { results } = await target.load([await targetImage('redis:7', await single(1))]);
  return results;
}

const FAILED = [{ status: 'failed' }];

describe('a place for uploads', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'data:,x',
    'http://user:password@127.0.0.1/x',
    'http://',
  ])('"%s" is not used', async (location) => {
    expect(await pushTo(await listen(emptyRegistry(location)))).toMatchObject(FAILED);
  });

  it('on another host is not told the login, however it asks', async () => {
    const { host, seen } = await elsewhere();
    expect(await pushTo(await listen(emptyRegistry(`http://${host}/x`)))).toMatchObject(FAILED);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((login) => login !== undefined)).toEqual([]);
  });
});

describe('the next page of a list', () => {
  it.each(['file:///etc/passwd', 'http://user:password@127.0.0.1/x', 'elsewhere'])(
    'at "%s" is not told the login',
    async (place) => {
      const { host: other, seen } = await elsewhere();
      const target = place === 'elsewhere' ? `http://${other}/v2/app/tags/list` : place;
      const host = await listen(
        registryWith((request, response) => {
          const isIn = request.headers.authorization !== undefined;
          if (!isIn) response.writeHead(401, { 'www-authenticate': 'Basic realm="own"' }).end();
          else if (isList(request))
            response
              .writeHead(200, { link: `<${target}>; rel="next"` })
              .end(JSON.stringify({ name: 'app', tags: ['1'] }));
          return !isIn || isList(request);
        }),
      );
      const access = accessOf({ environment: await loggedIn(host), patience: 1000 });
      await using source = await openRegistrySource({ ...access, host, include: ['app:*'] });
      const { failures = [] } = await source.list();
      expect(failures).toMatchObject([{ error: { code: 'SOURCE_FAILED' } }]);
      expect(seen.filter((login) => login !== undefined)).toEqual([]);
    },
  );
});
