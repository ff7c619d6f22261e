/** HTTP before a registry: shows what is asked for, and how much has come back. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';

export interface RegistryProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Digests of blobs that were asked for with GET, each time; `startOver` empties it. */
  readonly blobs: readonly string[];
  /** Bytes of answers so far. */
  sent(): number;
  /** Bytes of requests so far, without their headers. */
  received(): number;
  startOver(): void;
}

/** Starts a proxy for the registry at HOST:PORT. */
export async function startRegistryProxy(host: string): Promise<RegistryProxy> {
  const blobs: string[] = [];
  let sent = 0;
  let received = 0;
  const server = createServer((asked, answer) => {
    const { method, url: path = '/', headers } = asked;
    const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/u.exec(path)?.[1];
    if (method === 'GET' && digest !== undefined) blobs.push(digest);
    const forwarded = request({ host: '127.0.0.1', port: portOf(host), method, path, headers });
    forwarded.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.on('data', (chunk: Buffer) => {
        sent += chunk.byteLength;
      });
      given.on('error', () => answer.destroy());
      given.pipe(answer);
    });
    forwarded.on('error', () => answer.destroy());
    answer.on('close', () => forwarded.destroy());
    asked.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
    });
    asked.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    blobs,
    sent: () => sent,
    received: () => received,
    startOver: () => {
      blobs.length = 0;
      sent = 0;
      received = 0;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function portOf(host: string): number {
  return Number(host.slice(host.lastIndexOf(':') + 1));
}
