import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer as createPlainServer, type Server } from 'node:http';
import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { AirkitError, messageOf } from '../errors.ts';
import { isErrno } from '../content/file-bytes.ts';
import type { RangeReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { refuse, type Answer } from './answer.ts';
import { answerRequest } from './answer-request.ts';
import { createBlobChecks } from './blob-checks.ts';
import { watchConnections, type Connections } from './connections.ts';
import type { Authenticator } from './htpasswd.ts';
import { formatAddress, type ListenAddress } from './listen-address.ts';
import type { PublishedNames } from './published-names.ts';
import { sendAnswer, type AnswerContent, type SentAnswer } from './send-answer.ts';

/** One request and what became of it. Credentials are not in it; text is as the client sent it. */
export interface AccessEntry extends SentAnswer {
  readonly client: string;
  readonly method: string;
  readonly target: string;
}

export interface RegistrySettings {
  readonly names: PublishedNames;
  readonly content: RangeReader;
  readonly listen: ListenAddress;
  /** PEM; without it plain HTTP is spoken. */
  readonly tls?: { readonly certificate: Uint8Array; readonly key: Uint8Array } | undefined;
  readonly authenticate?: Authenticator | undefined;
  readonly onAccess?: ((entry: AccessEntry) => void) | undefined;
}

/** A server that listens. */
export interface RegistryServer {
  readonly address: ListenAddress;
  /**
   * Takes no more requests, lets answers that are under way end for a while, then breaks them off. Resolves when all
   * connections are closed and nothing is read any more.
   */
  stop(): Promise<void>;
}

// Milliseconds. A client that sends no request, or reads nothing of its answer, holds a connection no longer.
const REQUEST_LIMIT = 30_000;
const HEAD_LIMIT = 15_000;
const IDLE_LIMIT = 15_000;
const STALL_LIMIT = 300_000;
/** How long answers may take to end once the server stops. */
const STOP_LIMIT = 10_000;
const HTTP: ServerOptions = {
  requestTimeout: REQUEST_LIMIT,
  headersTimeout: HEAD_LIMIT,
  keepAliveTimeout: IDLE_LIMIT,
  maxHeaderSize: 16 * 1024,
};
const COMMON_HEADERS = {
  'Docker-Distribution-API-Version': 'registry/2.0',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Starts a registry.
 *
 * @throws AirkitError USAGE when it cannot listen there, KEY_INVALID for a certificate or key that is none
 */
export async function startRegistryServer(settings: RegistrySettings): Promise<RegistryServer> {
  let isStopping = false;
  const life = new AbortController();
  const reading = { signal: life.signal };
  const source = { content: settings.content, checks: createBlobChecks(settings.content, reading) };
  const pending = new Set<Promise<void>>();
  const server = createServer(settings, (request, response) => {
    if (isStopping) response.setHeader('Connection', 'close');
    const handled = handle(request, response, { settings, source: { ...source, ...reading } });
    pending.add(handled);
    void handled.finally(() => pending.delete(handled));
  });
  const connections = watchConnections(server);
  server.setTimeout(STALL_LIMIT);
  // Nobody is asked to send the body of an upload that is going to be refused.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  await listen(server, settings.listen);
  // A connection that cannot be accepted, for want of file descriptors, is no reason to end all others.
  server.on('error', () => undefined);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : settings.listen.port;
  return {
    address: { ...settings.listen, port },
    stop: async () => {
      isStopping = true;
      await stopServer(server, connections);
      life.abort();
      await Promise.all(pending);
    },
  };
}

function createServer({ tls }: RegistrySettings, listener: RequestListener): Server {
  if (tls === undefined) return createPlainServer(HTTP, listener);
  try {
    const { certificate: cert, key } = tls;
    return createTlsServer(
      { ...HTTP, cert: Buffer.from(cert), key: Buffer.from(key), minVersion: 'TLSv1.2' },
      listener,
    );
  } catch (error) {
    throw new AirkitError('KEY_INVALID', `TLS cannot be set up: ${messageOf(error)}`, {
      hint: '--tls-cert takes a PEM certificate with its chain, --tls-key its unencrypted PEM key.',
      cause: error,
    });
  }
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  const { host, port } = address;
  server.listen({ port, ...(host === '' ? {} : { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = isErrno(error, 'EADDRINUSE');
    throw new AirkitError(
      'USAGE',
      `--listen ${formatAddress(address)}: ${isTaken ? 'another program listens there' : messageOf(error)}`,
      { hint: 'Choose another port, or 0 for any that is free.', cause: error },
    );
  }
}

async function stopServer(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  connections.drain();
  const limit = new AbortController();
  const cut = sleep(STOP_LIMIT, undefined, { signal: limit.signal }).then(
    () => connections.destroy(),
    () => undefined,
  );
  await closed;
  limit.abort();
  await cut;
}

interface Handling {
  readonly settings: RegistrySettings;
  readonly source: AnswerContent & OperationOptions;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { settings, source }: Handling,
): Promise<void> {
  const method = request.method ?? '';
  const target = (request.url ?? '').startsWith('/') ? (request.url ?? '') : '';
  // A body that nobody wants is not waited for.
  if (method !== 'GET' && method !== 'HEAD') response.setHeader('Connection', 'close');
  // A client that goes away is seen where bodies are sent.
  response.on('error', () => undefined);
  for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
  const client = request.socket.remoteAddress ?? '';
  const sent = await answerAndSend({ request, response, target }, { settings, source }).catch(
    (failure: unknown): SentAnswer => {
      response.destroy();
      return { status: 500, bytes: 0, failure };
    },
  );
  settings.onAccess?.({ client, method, target, ...sent });
}

async function answerAndSend(
  exchange: { request: IncomingMessage; response: ServerResponse; target: string },
  { settings, source }: Handling,
): Promise<SentAnswer> {
  const { request, response, target } = exchange;
  const { method = '', headers } = request;
  const { names, authenticate } = settings;
  const isAllowed = authenticate === undefined || (await authenticate(headers.authorization));
  const answer = isAllowed ? answerRequest({ method, target, headers }, names) : unauthorized();
  return sendAnswer(response, { answer, isHead: method === 'HEAD' }, source);
}

function unauthorized(): Answer {
  return refuse({
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'a user name and password are needed',
    headers: { 'WWW-Authenticate': 'Basic realm="airkit", charset="UTF-8"' },
  });
}
