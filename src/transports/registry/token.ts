import type { OperationOptions } from '../../content/operation.ts';
import { asString, parseJsonObject, type JsonObject } from '../../oci/json.ts';
import type { Timing } from './access.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credentials.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { isDetour } from './near-host.ts';

/** A token of a token server. */
export interface Token {
  readonly text: string;
  /** Milliseconds since 1970 from which it is not used any more. */
  readonly expiresAt: number;
  /** A newer refresh token, where the server hands one out. */
  readonly refreshToken?: string | undefined;
}

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Origin of the registry that sent the challenge. */
  readonly origin: string;
}

export interface TokenTransport {
  readonly timing: Timing;
  send(request: HttpRequest, options: OperationOptions): Promise<HttpResponse>;
  /** The error for an answer that is no token. */
  refused(response: HttpResponse): Promise<Error>;
  /** The error for something that the server said. */
  malformed(why: string): Error;
  /** True for HOST[:PORT] where the settings allow plain http. */
  mayBePlain(host: string): boolean;
}

/** Servers that lack the POST answer so: GCR 404, Artifactory 401, ACR 400 (containerd authorizer.go). */
const WITHOUT_POST = new Set([400, 401, 404, 405]);
const MAX_TOKEN_DOCUMENT = 256 * 1024;
/** Lifetime where none is told, and the least that one is taken for, in seconds (distribution auth/token.md). */
const DEFAULT_LIFETIME = 60;
/** Part of a token's lifetime after which it is renewed. */
const USED_PART = 0.8;

/**
 * Asks a token server for a token: by OAuth2 POST where there is a refresh token, else by GET.
 *
 * @throws what the transport's errors are
 */
export async function fetchToken(
  request: TokenRequest,
  transport: TokenTransport,
  options: OperationOptions,
): Promise<Token> {
  const realm = realmOf(request, transport);
  requireAgreed(request, { realm, transport });
  const asked = transport.timing.now();
  if (request.credential?.identityToken !== undefined) {
    const response = await transport.send(refreshRequest(request, realm), options);
    if (response.status === 200) return readToken(response, transport, asked);
    if (!WITHOUT_POST.has(response.status)) throw await transport.refused(response);
    await response.discard();
  }
  const response = await transport.send(getRequest(request, realm), options);
  if (response.status !== 200) throw await transport.refused(response);
  return readToken(response, transport, asked);
}

/** The value of a Basic `Authorization`; undefined without a password. */
export function basicAuthorization(credential: Credential | undefined): string | undefined {
  if (credential === undefined) return undefined;
  const password = credential.password ?? credential.identityToken;
  if (password === undefined) return undefined;
  const username = credential.username ?? (credential.password === undefined ? '<token>' : '');
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * The token server may be on another host, as Docker Hub's is. It must not be less protected than the registry, nor an
 * address of this machine or link when the registry is elsewhere.
 */
function realmOf({ challenge, origin }: TokenRequest, transport: TokenTransport): URL {
  const text = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(text)) throw transport.malformed('its challenge names no token server');
  const realm = new URL(text);
  const registry = new URL(origin);
  const isProtected =
    realm.protocol === 'https:' || (realm.protocol === 'http:' && registry.protocol === 'http:');
  if (!isProtected || realm.username !== '' || isDetour(registry, realm))
    throw transport.malformed('its challenge names a token server that may not be used');
  return realm;
}

/**
 * Whoever stands between us and a registry without TLS can name any token server: the login goes to one that proves its
 * name, to the registry's own host, or to a host that the settings name.
 */
function requireAgreed(
  { credential, origin }: TokenRequest,
  { realm, transport }: { readonly realm: URL; readonly transport: TokenTransport },
): void {
  const isOwn = realm.hostname === new URL(origin).hostname;
  const isAgreed = realm.protocol === 'https:' || isOwn || transport.mayBePlain(realm.host);
  if (credential === undefined || isAgreed) return;
  throw transport.malformed(
    `its token server ${realm.host} is another host, and without TLS: the login was not sent; "registries: ${realm.host}: plainHttp: true" allows it`,
  );
}

function refreshRequest({ challenge, scopes, credential }: TokenRequest, url: URL): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: challenge.parameters.get('service') ?? url.host,
    client_id: 'airkit',
    scope: scopes.join(' '),
    refresh_token: credential?.identityToken ?? '',
  });
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: Buffer.from(form.toString()),
  };
}

function getRequest({ challenge, scopes, credential }: TokenRequest, realm: URL): HttpRequest {
  const url = new URL(realm);
  const service = challenge.parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const authorization = basicAuthorization(credential);
  if (credential?.username !== undefined) url.searchParams.set('account', credential.username);
  return {
    method: 'GET',
    url,
    headers: {
      accept: 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
  };
}

async function readToken(
  response: HttpResponse,
  transport: TokenTransport,
  asked: number,
): Promise<Token> {
  try {
    const bytes = await response.bytes(MAX_TOKEN_DOCUMENT);
    const document = parseJsonObject(bytes, { where: 'token' });
    const text = textOf(document, 'token') ?? textOf(document, 'access_token') ?? '';
    if (!/^[\u0021-\u007e]+$/.test(text)) throw new Error('no token');
    const lifetime = Math.max(DEFAULT_LIFETIME, lifetimeOf(document));
    const refreshToken = textOf(document, 'refresh_token');
    return { text, expiresAt: asked + lifetime * 1000 * USED_PART, refreshToken };
  } catch {
    throw transport.malformed('its token server sent no token');
  }
}

function textOf(document: JsonObject, name: string): string | undefined {
  const value = document[name] ?? '';
  return value === '' ? undefined : asString(value, name);
}

function lifetimeOf(document: JsonObject): number {
  const seconds = document['expires_in'];
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e9 ? seconds : DEFAULT_LIFETIME;
}
