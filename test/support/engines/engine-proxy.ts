/** A socket before an engine's socket: shows what a client asks for, and whether its connections have ended. */
import { connect, createServer, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface EngineProxy {
  /** `unix://…`, as DOCKER_HOST takes it. */
  readonly host: string;
  /** Every request so far, without its query: `GET /images/get`. */
  readonly requests: readonly string[];
  /** Connections that are still open. */
  open(): number;
  /** Bytes that the engine has sent so far. */
  received(): number;
  /** Bytes that the client has sent so far, with requests and their headers. */
  sent(): number;
  /** Resolves when a request begins so, counted from now. */
  next(start: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy for the engine at a `unix://` address. It counts one request for each connection. */
export async function startEngineProxy(engineHost: string): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'airkit-proxy-'));
  const path = join(folder, 'docker.sock');
  const requests: string[] = [];
  let received = 0;
  let sent = 0;
  const sockets = new Set<Socket>();
  const waiting = new Set<(request: string) => void>();
  const server = createServer((client) => {
    const engine = connect(engineHost.replace(/^unix:\/\//u, ''));
    client.once('data', (chunk: Buffer) => {
      const request = requestIn(chunk);
      requests.push(request);
      for (const tell of waiting) tell(request);
    });
    client.on('data', (chunk: Buffer) => {
      sent += chunk.byteLength;
    });
    engine.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
    });
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroySoon();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  const next = (start: string): Promise<void> =>
    new Promise((resolve) => {
      const tell = (request: string): void => {
        if (!request.startsWith(start)) return;
        waiting.delete(tell);
        resolve();
      };
      waiting.add(tell);
    });
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await rm(folder, { recursive: true, force: true });
  };
  return {
    host: `unix://${path}`,
    requests,
    open: () => sockets.size,
    received: () => received,
    sent: () => sent,
    next,
    stop,
  };
}

function requestIn(chunk: Buffer): string {
  const [line = ''] = chunk.toString('latin1').split('\r\n', 1);
  const [method = '', path = ''] = line.split(' ');
  return `${method} ${path.replace(/\?.*$/u, '')}`;
}
