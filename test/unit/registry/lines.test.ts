/** What is below HTTP: TLS with a site's own authority, proxies, large bodies. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRegistries, requireRegistry } from '../../../src/transports/registry/registries.ts';
import type { RegistryAccess } from '../../../src/transports/registry/access.ts';
import { splitStream } from '../../../src/transports/registry/split-stream.ts';
import { makeNoise } from '../../support/image-builder.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { accessOf, collect, startRegistry } from './registry-world.ts';

const temporary = useTempFolder();
const servers: { close(): unknown; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function ping(host: string, access: Partial<RegistryAccess>): Promise<void> {
  await using registries = openRegistries(accessOf(access), 'source');
  await requireRegistry(await registries.clientFor(host), {});
}

async function startTls(names?: string): Promise<{
  host: string;
  certificate: string;
  key: string;
  clients: string[];
}> {
  const made = await makeCertificate(await temporary.fresh(), names);
  const { keyFile: key, certificateFile: certificate } = made;
  const clients: string[] = [];
  const options = {
    key: made.key,
    cert: made.cert,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const port = await listen(
    createTlsServer(options, (request, response) => {
      const { socket } = request;
      const peer =
        'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'
          ? JSON.stringify(socket.getPeerCertificate())
          : '';
      clients.push(peer.includes('"site"') ? 'site' : 'none');
      response.end('{}');
    }),
  );
  return { host: `127.0.0.1:${port}`, certificate, key, clients };
}

describe('TLS', () => {
  it('trusts the authority that the settings name', async () => {
    const { host, certificate, clients } = await startTls();
    await ping(host, { settings: { [host]: { mirrors: [], plainHttp: false, ca: certificate } } });
    expect(clients).toEqual(['none']);
  });

  it('reads certs.d, with the client’s certificate', async () => {
    const { host, certificate, key, clients } = await startTls();
    const folder = await temporary.fresh();
    await mkdir(join(folder, host));
    await writeFile(join(folder, host, 'ca.crt'), await readFile(certificate));
    await writeFile(join(folder, host, 'client.cert'), await readFile(certificate));
    await writeFile(join(folder, host, 'client.key'), await readFile(key));
    await ping(host, { certificateFolders: [folder] });
    expect(clients).toEqual(['site']);
  });

  it('trusts nobody else, and says where to put the authority', async () => {
    const { host } = await startTls();
    const other = await startTls();
    const settings = { [host]: { mirrors: [], plainHttp: false, ca: other.certificate } };
    await expect(ping(host, { settings })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      hint: expect.stringContaining('certs.d'),
    });
    const missing = {
      [host]: { mirrors: [], plainHttp: false, ca: join(temporary.path('none.pem')) },
    };
    await expect(ping(host, { settings: missing })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a proxy', () => {
  it('is asked for hosts that it may know', async () => {
    const registry = await startRegistry();
    const asked: string[] = [];
    const port = await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        const forwarded = httpRequest(`http://${registry.host}/v2/`, (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        });
        forwarded.end();
      }),
    );
    const settings = { 'registry.far': { mirrors: [], plainHttp: true } };
    await ping('registry.far', {
      settings,
      environment: { HTTP_PROXY: `http://127.0.0.1:${port}` },
    });
    expect(asked).toEqual(['http://registry.far/v2/']);
  });

  it('is a tunnel for hosts that speak TLS, and is shown its own login', async () => {
    const { host, certificate, clients } = await startTls('DNS:registry.far');
    const asked: (string | undefined)[][] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url, headers }, socket) => {
      asked.push([url, headers['proxy-authorization']]);
      const tunnel = connect(Number(host.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        tunnel.pipe(socket).pipe(tunnel);
      });
      tunnel.on('error', () => socket.destroy());
      socket.on('error', () => tunnel.destroy());
    });
    const environment = { HTTPS_PROXY: `http://me:s3cret@127.0.0.1:${await listen(proxy)}` };
    const far = 'registry.far:5000';
    const settings = { [far]: { mirrors: [], plainHttp: false, ca: certificate } };
    await ping(far, { settings, environment });
    expect(asked).toEqual([[far, `Basic ${Buffer.from('me:s3cret').toString('base64')}`]]);
    expect(clients).toEqual(['none']);
  });
});

describe('requests in flight', () => {
  it.each([1, 2])('are at most %i where the settings say so', async (concurrency) => {
    let now = 0;
    const seen: number[] = [];
    const port = await listen(
      createServer((_, response) => {
        seen.push((now += 1));
        setTimeout(() => {
          now -= 1;
          response.end('{}');
        }, 20);
      }),
    );
    const host = `127.0.0.1:${port}`;
    const settings = { [host]: { mirrors: [], plainHttp: false, concurrency } };
    await using registries = openRegistries(accessOf({ settings }), 'source');
    const client = await registries.clientFor(host, { concurrency: 8 });
    await Promise.all(Array.from({ length: 6 }, async () => client.ping({})));
    expect([seen.length, Math.max(...seen)]).toEqual([6, concurrency]);
  });
});

describe('large blobs', () => {
  it('are cut into parts that pass through', async () => {
    const bytes = makeNoise(1000, 1);
    const chunks = async function* (): AsyncGenerator<Uint8Array, void> {
      for (let at = 0; at < bytes.byteLength; at += 7) yield bytes.subarray(at, at + 7);
    };
    const parts: [number, number, Buffer][] = [];
    for await (const { offset, body } of splitStream(chunks(), { size: 1000, partBytes: 300 }))
      parts.push([offset, body.size, await collect(body.open())]);
    expect(parts.map(([offset, size, part]) => [offset, size, part.byteLength])).toEqual([
      [0, 300, 300],
      [300, 300, 300],
      [600, 300, 300],
      [900, 100, 100],
    ]);
    expect(Buffer.concat(parts.map(([, , part]) => part)).equals(bytes)).toBe(true);
  });
});
