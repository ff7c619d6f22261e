/** A kit that is served in this process, and requests to it that no client library makes tidier. */
import { request as plainRequest, type IncomingHttpHeaders } from 'node:http';
import { request as tlsRequest } from 'node:https';
import {
  serve,
  type AccessEntry,
  type ServeOptions,
  type ServeReport,
} from '../../../src/index.ts';
import type { Site } from '../../cli/support/site.ts';

export interface ServedKit {
  readonly report: ServeReport;
  /** What was told of requests so far. */
  readonly entries: readonly AccessEntry[];
  get(path: string, options?: RequestOptions): Promise<Reply>;
  stop(): Promise<void>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the server, for TLS. */
  readonly ca?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False when the connection broke before all that was announced had come. */
  readonly isComplete: boolean;
  /** The first error code of a JSON body. */
  readonly code: string | undefined;
  json(): unknown;
}

/** Serves a kit on any free port of loopback; unsigned kits are admitted. */
export async function serveKit(
  site: Site,
  kit: string,
  options: ServeOptions = {},
): Promise<ServedKit> {
  const stopping = new AbortController();
  const entries: AccessEntry[] = [];
  let ended: Promise<unknown> = Promise.resolve();
  const report = await new Promise<ServeReport>((resolve, reject) => {
    ended = serve(site.host, kit, {
      allowUnsigned: true,
      listen: '127.0.0.1:0',
      ...options,
      signal: stopping.signal,
      onListening: resolve,
      onAccess: (entry) => entries.push(entry),
    });
    ended.catch(reject);
  });
  return {
    report,
    entries,
    get: async (path, request) => send(report.url, path, request),
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** Sends a request whose path is left as it is. */
async function send(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body, ca }: RequestOptions = {},
): Promise<Reply> {
  const { hostname, port, protocol } = new URL(url);
  const open = protocol === 'https:' ? tlsRequest : plainRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = open(
      {
        host: hostname,
        port,
        path,
        method,
        headers: { ...length, ...headers },
        agent: false,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () => {
          const bytes = Buffer.concat(chunks);
          const { statusCode: status = 0, complete } = response;
          resolve({
            status,
            headers: response.headers,
            body: bytes,
            isComplete: complete,
            code: errorCodeOf(bytes),
            json: () => JSON.parse(bytes.toString()),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function errorCodeOf(body: Buffer): string | undefined {
  try {
    const { errors }: { errors: { code: string }[] } = JSON.parse(body.toString());
    return errors[0]?.code;
  } catch {
    return undefined;
  }
}
