import type { OperationOptions } from '../../content/operation.ts';
import type { HttpResponse } from './http.ts';
import type { RegistryRequest } from './registry-request.ts';
import { sendPatiently } from './send-patiently.ts';
import { authorize, learnChallenge, type Session, type Wanted } from './session.ts';

/**
 * Sends a request to one endpoint, logged in as far as it has asked for that. After a 401 it is sent once more with what
 * the challenge asks for; streamed bodies are not. The answer is returned whatever its status.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED, USAGE; what a streamed body throws
 */
export async function sendAuthorized(
  session: Session,
  request: RegistryRequest,
  options: OperationOptions,
): Promise<HttpResponse> {
  const wanted = wantedFor(session, request);
  const first = await sendOnce({ session, request, wanted }, options);
  const isOwnAnswer = first.response.url.origin === session.endpoint.origin;
  if (first.response.status !== 401 || !first.mayLogIn || !isOwnAnswer) return first.response;
  const isAsked = await isLoginAsked(session, { response: first.response, wanted }, options);
  if (
    !isAsked ||
    !isRepeatable(request) ||
    (await isUsedUp(session, { ...first, wanted }, options))
  )
    return first.response;
  await first.response.discard();
  const second = await sendOnce({ session, request, wanted }, options);
  return second.response;
}

/**
 * The status of `/v2/` without a login; how the endpoint asks for one is kept.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED
 */
export async function pingEndpoint(session: Session, options: OperationOptions): Promise<number> {
  const url = new URL('/v2/', session.endpoint.origin);
  const request = { method: 'GET', url, headers: {} } as const;
  const response = await sendPatiently(session, { request, what: 'find a registry' }, options);
  await response.discard();
  const isOwn = response.url.origin === url.origin;
  if (isOwn && response.status === 401)
    learnChallenge(session, response.header('www-authenticate'), { scopes: [] });
  return response.status;
}

interface Sending {
  readonly session: Session;
  readonly request: RegistryRequest;
  readonly wanted: Wanted;
}

interface Sent {
  readonly response: HttpResponse;
  readonly authorization: string | undefined;
  readonly mayLogIn: boolean;
}

/** Upload locations may be on another host, which must not see the login. */
async function sendOnce(
  { session, request, wanted }: Sending,
  options: OperationOptions,
): Promise<Sent> {
  const url = request.continues?.url ?? addressOf(session, request);
  const mayLogIn = url.origin === session.endpoint.origin;
  const authorization = mayLogIn ? await authorize(session, wanted, options) : undefined;
  const { method, headers, body, what, repository } = request;
  const login = authorization === undefined ? {} : { authorization };
  const sent = { method, url, headers: { ...headers, ...login }, body };
  const response = await sendPatiently(session, { request: sent, what, repository }, options);
  return { response, authorization, mayLogIn };
}

/** Google's registries answer some requests with 401 and no challenge; `/v2/` has it. */
async function isLoginAsked(
  session: Session,
  { response, wanted }: { readonly response: HttpResponse; readonly wanted: Wanted },
  options: OperationOptions,
): Promise<boolean> {
  const header = response.header('www-authenticate');
  if (learnChallenge(session, header, wanted)) return true;
  if (header !== undefined || session.challenge !== undefined) return false;
  await pingEndpoint(session, options);
  return session.challenge !== undefined;
}

function isRepeatable({ body }: RegistryRequest): boolean {
  return body === undefined || body instanceof Uint8Array;
}

/** True when the login that the endpoint asks for is the one that it refused, or there is none to give. */
async function isUsedUp(
  session: Session,
  { authorization, wanted: { repository } }: Sent & { readonly wanted: Wanted },
  options: OperationOptions,
): Promise<boolean> {
  if (session.challenge?.scheme !== 'basic') return false;
  return (await authorize(session, { repository, scopes: [] }, options)) === authorization;
}

function wantedFor({ endpoint }: Session, { repository: own, scopes }: RegistryRequest): Wanted {
  return {
    repository: own === undefined ? undefined : `${endpoint.prefix}${own}`,
    scopes: scopes.map(({ repository, actions }) =>
      repository === undefined
        ? 'registry:catalog:*'
        : `repository:${endpoint.prefix}${repository}:${actions}`,
    ),
  };
}

function addressOf({ endpoint }: Session, { repository, path }: RegistryRequest): URL {
  const name = repository === undefined ? '' : `${endpoint.prefix}${repository}/`;
  return new URL(`/v2/${name}${path}`, endpoint.origin);
}
