import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { collectBytes } from '../../content/read-document.ts';
import type { ByteStream } from '../../content/operation.ts';
import type { Connection } from './connection.ts';
import { isDetour } from './near-host.ts';

/** A body that is streamed: it can be sent once for each call of `open`. */
export interface StreamedBody {
  /** Bytes. */
  readonly size: number;
  open(): ByteStream;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamedBody | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** A field by its lower-case name; several are joined with commas. */
  header(name: string): string | undefined;
  /** The body, to be iterated once. Leaving the iteration early ends the connection. */
  readonly body: ByteStream;
  /** The whole body. @throws AirkitError CONTENT_INVALID beyond `maxBytes` */
  bytes(maxBytes: number): Promise<Buffer>;
  /** Lets the connection serve other requests; call it when the body is of no interest. */
  discard(): Promise<void>;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;
/** Registries answer writes when the bytes are where they belong, which takes some of them minutes for a large blob. */
const WRITING_TAKES = 5;
/** Fields that only the host that they were made for may see. */
const PRIVATE_FIELDS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Sends a request; GET and HEAD follow redirects, without Authorization where the scheme, host or port differ (OCI
 * distribution-spec "Pulling blobs").
 *
 * @throws what undici throws, what the body's stream throws, Error for redirects that lead nowhere
 */
export async function sendRequest(
  connection: Connection,
  request: HttpRequest,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await sendOnce(connection, current, signal);
    const location = response.header('location');
    if (!isRead(request.method) || !REDIRECTS.has(response.status) || location === undefined)
      return response;
    await response.discard();
    if (redirects >= MAX_REDIRECTS) throw new Error(`more than ${MAX_REDIRECTS} redirects`);
    current = redirected(current, location);
  }
}

/**
 * The request that an answer's `Location` asks for.
 *
 * @throws Error for places that a registry may not send anybody to
 */
export function redirected(request: HttpRequest, location: string): HttpRequest {
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  if (url === undefined) throw new Error('a redirect leads to no address');
  if (url.protocol !== 'https:' && url.protocol !== request.url.protocol)
    throw new Error('a redirect leads from https to an address without it');
  if (url.username !== '' || url.password !== '') throw new Error('a redirect names a user');
  if (isDetour(request.url, url)) throw new Error('a redirect leads to this machine or its link');
  if (url.origin === request.url.origin) return { ...request, url };
  const headers = Object.entries(request.headers).filter(
    ([name]) => !PRIVATE_FIELDS.has(name.toLowerCase()),
  );
  return { ...request, url, headers: Object.fromEntries(headers) };
}

async function sendOnce(
  connection: Connection,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const dispatcher = await connection.dispatcherFor(url);
  const streamed = watched(body);
  try {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { 'user-agent': 'airkit', ...headers, ...lengthOf(method, body) },
      body: body instanceof Uint8Array ? body : (streamed?.readable ?? null),
      signal: signal ?? null,
      bodyTimeout: connection.patience,
      headersTimeout: connection.patience * (isRead(method) ? 1 : WRITING_TAKES),
    });
    return readAnswer(answer, url);
  } catch (error) {
    streamed?.readable.on('error', () => undefined).destroy();
    signal?.throwIfAborted();
    throw streamed?.failure() ?? error;
  }
}

function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
): HttpResponse {
  return {
    status: statusCode,
    url,
    header: (name) => joined(headers[name]),
    body,
    bytes: async (maxBytes) => collectBytes(body, maxBytes),
    discard: async () => body.dump().catch(() => undefined),
  };
}

interface WatchedBody {
  readonly readable: Readable;
  failure(): unknown;
}

/** A body as a stream that remembers why it failed: undici tells only that the request did. */
function watched(body: HttpRequest['body']): WatchedBody | undefined {
  if (body === undefined || body instanceof Uint8Array) return undefined;
  const opened = body;
  let failure: unknown;
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* opened.open();
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { readable: Readable.from(bytes(), { objectMode: false }), failure: () => failure };
}

function lengthOf(
  method: HttpRequest['method'],
  body: HttpRequest['body'],
): Record<string, string> {
  if (body === undefined) return isRead(method) ? {} : { 'content-length': '0' };
  return { 'content-length': String(body instanceof Uint8Array ? body.byteLength : body.size) };
}

function isRead(method: HttpRequest['method']): boolean {
  return method === 'GET' || method === 'HEAD';
}

function joined(field: string | string[] | undefined): string | undefined {
  return typeof field === 'object' ? field.join(', ') : field;
}
