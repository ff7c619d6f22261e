/** A small registry that computes (OCI distribution-spec 1.1), with switches for what goes wrong between registries. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { BuiltRoot } from './image-builder.ts';
import { TestContent, type TestRepository } from './test-registry-content.ts';
import { referrersAnswer } from './test-registry-referrers.ts';
import { errorAnswer, type Answer, type RegistrySwitches } from './test-registry-switches.ts';
import { TestUploads } from './test-registry-uploads.ts';

export type { RegistrySwitches } from './test-registry-switches.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** True at the second host, which blobs are redirected to. */
  readonly atSecond: boolean;
}

export const TEST_LOGIN = { username: 'robot', password: 's3cret/+word' };
const BASIC = `Basic ${Buffer.from(`${TEST_LOGIN.username}:${TEST_LOGIN.password}`).toString('base64')}`;

/** What a token must allow, by method; all others write. */
const ACTIONS: Readonly<Record<string, string>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' };

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly switches: RegistrySwitches;
  readonly seen: SeenRequest[];
  readonly repositories: Map<string, TestRepository>;
  /** Puts an image with everything that it reaches. */
  put(repository: string, tag: string | undefined, root: BuiltRoot): void;
  stop(): Promise<void>;
}

export async function startTestRegistry(switches: RegistrySwitches = {}): Promise<TestRegistry> {
  const state = new State(switches);
  const servers = [false, true].map((atSecond) =>
    openServer(switches, (request, response) => {
      state.answer(request, atSecond).then(
        (answer) => send(request, response, answer),
        () => response.destroy(),
      );
    }),
  );
  const [host = '', second = ''] = await Promise.all(servers.map(listen));
  state.hosts = { host, second };
  state.uploads.host = host;
  const { seen, content } = state;
  return {
    host,
    switches,
    seen,
    repositories: content.repositories,
    put: (repository, tag, root) => content.put(repository, tag, root),
    stop: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function openServer({ tls }: RegistrySwitches, answer: RequestListener): Server {
  if (tls === undefined) return createServer(answer);
  const { key, cert, wantsClient = false } = tls;
  const client = { requestCert: wantsClient, rejectUnauthorized: wantsClient, ca: cert };
  return createTlsServer({ key, cert, ...client }, answer);
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers = {}, body = '', cutAt, stallAt } = answer;
  if (stallAt === -1) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-length': String(bytes.byteLength), ...headers });
  if (request.method === 'HEAD') response.end();
  else if (stallAt !== undefined) response.write(bytes.subarray(0, stallAt));
  else if (cutAt === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 20));
}

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

class State {
  readonly seen: SeenRequest[] = [];
  /** Scopes by token. */
  readonly tokens = new Map<string, string[]>();
  hosts = { host: '', second: '' };
  readonly switches: RegistrySwitches;
  readonly content: TestContent;
  readonly uploads: TestUploads;

  constructor(switches: RegistrySwitches) {
    this.switches = switches;
    this.content = new TestContent(switches);
    this.uploads = new TestUploads(this.content);
  }

  async answer(request: IncomingMessage, atSecond: boolean): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://registry');
    const { method = 'GET', headers } = request;
    const asked = { method, url, headers, body: await this.bodyOf(request, url) };
    this.seen.push({ method, path: url.pathname, query: url.searchParams, headers, atSecond });
    if (atSecond) return this.content.blob(url.pathname.slice(1), headers.range);
    if (url.pathname === '/token') return this.token(asked);
    const { stallUploads } = this.switches;
    if (stallUploads !== undefined && stallUploads.count > 0 && asked.body.byteLength > 0) {
      stallUploads.count -= 1;
      return { status: 202, stallAt: -1 };
    }
    return this.login(asked) ?? this.trouble(asked) ?? this.route(asked);
  }

  /** The whole body, unless a switch breaks the connection before its end. */
  async bodyOf(request: IncomingMessage, url: URL): Promise<Buffer> {
    const { breakUploads } = this.switches;
    const size = Number(request.headers['content-length'] ?? 0);
    if (breakUploads === undefined || breakUploads.count <= 0 || size <= breakUploads.after)
      return buffer(request);
    if (!url.pathname.includes('/blobs/uploads/')) return buffer(request);
    breakUploads.count -= 1;
    const { method = '', headers } = request;
    this.seen.push({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      atSecond: false,
    });
    const parts: Buffer[] = [];
    let left = breakUploads.after;
    for await (const chunk of request) {
      const bytes: Buffer = chunk;
      parts.push(bytes.subarray(0, left));
      left -= Math.min(left, bytes.byteLength);
      if (left === 0) break;
    }
    if (breakUploads.keeps) this.uploads.keepPart({ url, body: Buffer.concat(parts) });
    throw new Error('the connection breaks here');
  }

  token({ method, url, headers, body }: Asked): Answer {
    const { refreshToken, expiresIn } = this.switches;
    const form = new URLSearchParams(body.toString());
    const isGood =
      refreshToken === undefined
        ? method === 'GET' && headers.authorization === BASIC
        : form.get('refresh_token') === refreshToken;
    if (!isGood)
      return errorAnswer(method === 'POST' ? 404 : 401, 'DENIED', `no: ${headers.authorization}`);
    const text = `token-${this.tokens.size}-verysecret`;
    const scopes =
      method === 'GET' ? url.searchParams.getAll('scope') : form.get('scope')?.split(' ');
    this.tokens.set(text, scopes ?? []);
    return { status: 200, body: JSON.stringify({ access_token: text, expires_in: expiresIn }) };
  }

  login({ method, url, headers: { authorization } }: Asked): Answer | undefined {
    const { auth } = this.switches;
    const [, name] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname) ?? [];
    const actions = ACTIONS[method] ?? 'pull,push';
    const scope = name === undefined ? 'registry:catalog:*' : `repository:${name}:${actions}`;
    const granted = this.tokens.get(authorization?.replace('Bearer ', '') ?? '');
    const isBearer = granted?.some((one) => name === undefined || one.startsWith(scope)) === true;
    if (auth === undefined || (auth === 'basic' ? authorization === BASIC : isBearer))
      return undefined;
    const answer = errorAnswer(401, 'UNAUTHORIZED', `you sent ${authorization}`);
    const bearer = `Bearer realm="http://${this.hosts.host}/token",service="test",scope="${scope}"`;
    const challenge = auth === 'basic' ? 'Basic realm="test"' : bearer;
    return { ...answer, headers: { ...answer.headers, 'www-authenticate': challenge } };
  }

  /** What passes after some answers. */
  trouble({ method, url }: Asked): Answer | undefined {
    const { tooMany, fail } = this.switches;
    if (url.pathname === '/v2/') return undefined;
    if (tooMany !== undefined && tooMany.count > 0 && (tooMany.method ?? method) === method) {
      tooMany.count -= 1;
      const { retryAfter } = tooMany;
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      return { ...errorAnswer(429, 'TOOMANYREQUESTS'), headers };
    }
    if (fail?.method !== method || fail.count <= 0) return undefined;
    fail.count -= 1;
    return errorAnswer(500, 'UNKNOWN', 'database is locked');
  }

  route(asked: Asked): Answer {
    const { method, url } = asked;
    if (url.pathname === '/v2/') return { status: 200, body: '{}' };
    if (url.pathname === '/v2/_catalog') return this.content.catalog(url);
    const [, repository = '', kind = '', rest = ''] =
      /^\/v2\/(.+?)\/(tags|manifests|blobs|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const refused = this.refusal(method, repository);
    if (refused !== undefined) return refused;
    if (kind === 'referrers') return referrersAnswer(this.content, repository, url);
    if (kind === 'tags') return this.content.tags(repository, url);
    if (kind === 'manifests') return this.manifest(asked, repository, rest);
    if (rest.startsWith('uploads/')) return this.uploads.answer({ ...asked, repository });
    return this.blob(asked, repository, rest);
  }

  refusal(method: string, repository: string): Answer | undefined {
    const { missingProject, forbidden } = this.switches;
    if (repository === forbidden) return errorAnswer(403, 'DENIED');
    const isWriting = !['GET', 'HEAD'].includes(method);
    return isWriting && repository.split('/')[0] === missingProject
      ? errorAnswer(404, 'NOT_FOUND', `project ${missingProject} not found`)
      : undefined;
  }

  manifest({ method, headers, body }: Asked, repository: string, reference: string): Answer {
    if (method === 'DELETE') return this.content.deleteTag(repository, reference);
    const type = headers['content-type'] ?? '';
    return method === 'PUT'
      ? this.content.putManifest(repository, reference, { type, bytes: body })
      : this.content.manifest(repository, reference, method);
  }

  blob({ method, headers }: Asked, repository: string, digest: string): Answer {
    const blobs: ReadonlySet<string> | undefined = this.content.repositories.get(repository)?.blobs;
    if (blobs?.has(digest) !== true) return errorAnswer(404, 'BLOB_UNKNOWN');
    if (this.switches.redirectBlobs !== true || method !== 'GET')
      return this.content.blob(digest, method === 'GET' ? headers.range : undefined);
    const location = `http://${this.hosts.second}/${digest}?sig=s1gnature`;
    return { status: 307, headers: { location } };
  }
}
