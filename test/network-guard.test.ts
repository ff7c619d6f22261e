/** Shows that no test, and no airkit that a test starts, can leave the machine unnoticed. */
import { createSocket } from 'node:dgram';
import { lookup, resolve4 } from 'node:dns';
import { lookup as lookupPromise, Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { airkit, spawnAirkit } from './cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from './cli/support/site.ts';
import { makeAirkitPlace } from './support/airkit-command.ts';
import { takeAttempts } from './support/network-guard.ts';
import { useTempFolder } from './support/temp-folder.ts';

const temporary = useTempFolder();
const refused = { code: 'ERR_TEST_NETWORK' };

describe('in a test', () => {
  test('no socket leaves the machine', async () => {
    await expect(once(connect(443, '192.0.2.1'), 'connect')).rejects.toMatchObject(refused);
    await expect(once(connect({ port: 80, host: '2001:db8::1' }), 'connect')).rejects.toMatchObject(
      refused,
    );
    const tls = connectTls({ port: 443, host: 'ghcr.io' });
    await expect(once(tls, 'secureConnect')).rejects.toMatchObject(refused);
    expect(takeAttempts()).toEqual([
      'connect to 192.0.2.1:443',
      'connect to 2001:db8::1:80',
      'connect to ghcr.io:443',
    ]);
  });

  test('no request does', async () => {
    await expect(request('https://ghcr.io/v2/')).rejects.toMatchObject(refused);
    await expect(fetch('http://192.0.2.1/')).rejects.toMatchObject({ cause: refused });
    expect(takeAttempts()).toEqual(['connect to ghcr.io:443', 'connect to 192.0.2.1:80']);
  });

  test('no name is looked up', async () => {
    await expect(promisify(lookup)('ghcr.io')).rejects.toMatchObject(refused);
    await expect(promisify(resolve4)('ghcr.io')).rejects.toMatchObject(refused);
    await expect(lookupPromise('ghcr.io')).rejects.toMatchObject(refused);
    await expect(new Resolver().resolveTxt('ghcr.io')).rejects.toMatchObject(refused);
    expect(takeAttempts()).toHaveLength(4);
  });

  test('no datagram is sent', () => {
    const socket = createSocket('udp4');
    expect(() => socket.send('x', 53, '192.0.2.1')).toThrow(expect.objectContaining(refused));
    socket.close();
    expect(takeAttempts()).toEqual(['send to 192.0.2.1']);
  });

  test('loopback and sockets of files are let through', async () => {
    const path = `${await temporary.fresh()}/socket`;
    for (const place of [{ port: 0, host: '127.0.0.1' }, { path }]) {
      const server = createServer((socket) => socket.end()).listen(place);
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const socket = connect('path' in place ? place : { port, host: 'localhost', family: 4 });
      await once(socket, 'connect');
      socket.destroy();
      server.close();
    }
    expect(takeAttempts()).toEqual([]);
  });
});

async function farSite(): Promise<Site> {
  const site = await makeSite(await temporary.fresh());
  const images = [{ from: 'registry', include: ['ghcr.io/acme/api:1', '192.0.2.1/a/b:1'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  return site;
}

describe('in an airkit that a test starts', () => {
  test.each([
    ['a warm one', airkit],
    ['one of its own', spawnAirkit],
  ])('%s', async (_, run) => {
    const outcome = await run(await farSite(), ['plan']);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain('network guard');
    expect(takeAttempts().length).toBeGreaterThan(0);
  });

  test('one beside an engine', async () => {
    const place = await makeAirkitPlace((await farSite()).folder);
    expect((await place.airkit('plan')).code).toBe(3);
    expect(takeAttempts().length).toBeGreaterThan(0);
  });
});
