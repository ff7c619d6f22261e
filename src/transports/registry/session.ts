import type { OperationOptions } from '../../content/operation.ts';
import type { Environment, RegistrySide, Timing } from './access.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Connection } from './connection.ts';
import { findCredential, type FoundCredential } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { failure, statusFailure, type FailureContext } from './failure.ts';
import type { HttpResponse } from './http.ts';
import type { LineHealth } from './line-health.ts';
import { addSecret, type Secrets } from './redact.ts';
import { sendPatiently } from './send-patiently.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

/** What is known of one endpoint while airkit runs: how it wants to be logged in to, and the tokens it gave. */
export interface Session {
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly side: RegistrySide;
  readonly timing: Timing;
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly health: LineHealth;
  /** The one that airkit answers; undefined until the endpoint asks. */
  challenge?: Challenge | undefined;
  credential?: Promise<FoundCredential> | undefined;
  credentialProblem?: string | undefined;
  /** By scopes; one request for a token serves all who wait for it. */
  readonly tokens: Map<string, PendingToken>;
}

interface PendingToken {
  readonly token: Promise<Token>;
  readonly isStopped: () => boolean;
}

const MAX_ERROR_DOCUMENT = 64 * 1024;

/** Where a session's requests go, for errors. */
export function contextOf(
  { side, endpoint, secrets, credentialProblem }: Session,
  repository?: string,
): FailureContext {
  return { side, host: endpoint.host, repository, secrets, credentialProblem };
}

/** The error for an answer that was not asked for; reads the error document in it. */
export async function refusal(
  session: Session,
  response: HttpResponse,
  { what, repository }: { readonly what: string; readonly repository?: string | undefined },
): Promise<Error> {
  const body = await response.bytes(MAX_ERROR_DOCUMENT).catch(() => Buffer.alloc(0));
  const { status } = response;
  return statusFailure(contextOf(session, repository), what, { status, body });
}

/**
 * `Authorization` for requests with these scopes; undefined while the endpoint has not asked for a login, or when there
 * is none to give.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when the token server refuses, USAGE for unreadable credentials
 */
export async function authorize(
  session: Session,
  scopes: readonly string[],
  options: OperationOptions,
): Promise<string | undefined> {
  const { challenge } = session;
  if (challenge === undefined) return undefined;
  const { credential } = await credentialOf(session, options);
  const authorization =
    challenge.scheme === 'basic'
      ? basicAuthorization(credential)
      : `Bearer ${credential?.registryToken ?? (await tokenFor(session, scopes, options)).text}`;
  addSecret(session.secrets, authorization?.split(' ')[1]);
  return authorization;
}

/**
 * Takes notice of a 401: the challenge in it, and that the token which was used is no good.
 *
 * @returns false when there is nothing to try again with
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED for a challenge that cannot be read
 */
export function learnChallenge(
  session: Session,
  header: string | undefined,
  scopes: readonly string[],
): boolean {
  session.tokens.delete(keyOf(scopes));
  if (header === undefined) return false;
  const offered = readChallenges(session, header);
  const challenge =
    offered.find(({ scheme }) => scheme === 'bearer') ??
    offered.find(({ scheme }) => scheme === 'basic');
  if (challenge !== undefined) session.challenge = challenge;
  return challenge !== undefined;
}

function readChallenges(session: Session, header: string): Challenge[] {
  try {
    return parseChallenges(header);
  } catch (cause) {
    throw failure(contextOf(session), 'it asks for a login in a way that cannot be read', {
      cause,
    });
  }
}

async function credentialOf(session: Session, options: OperationOptions): Promise<FoundCredential> {
  const { host } = session.endpoint;
  session.credential ??= findCredential(host, session.environment, options);
  try {
    const found = await session.credential;
    session.credentialProblem = found.problem;
    for (const secret of [
      found.credential?.password,
      found.credential?.identityToken,
      found.credential?.registryToken,
    ])
      addSecret(session.secrets, secret);
    return found;
  } catch (error) {
    session.credential = undefined;
    throw error;
  }
}

async function tokenFor(
  session: Session,
  scopes: readonly string[],
  options: OperationOptions,
): Promise<Token> {
  const key = keyOf(scopes);
  for (;;) {
    const pending = session.tokens.get(key) ?? beginToken(session, scopes, options);
    session.tokens.set(key, pending);
    try {
      const token = await pending.token;
      if (token.expiresAt > session.timing.now()) return token;
      if (session.tokens.get(key) === pending) session.tokens.delete(key);
    } catch (error) {
      if (session.tokens.get(key) === pending) session.tokens.delete(key);
      options.signal?.throwIfAborted();
      // Someone else's request was stopped, not this one.
      if (!pending.isStopped()) throw error;
    }
  }
}

function beginToken(
  session: Session,
  scopes: readonly string[],
  options: OperationOptions,
): PendingToken {
  return {
    token: requestToken(session, scopes, options),
    isStopped: () => options.signal?.aborted === true,
  };
}

async function requestToken(
  session: Session,
  scopes: readonly string[],
  options: OperationOptions,
): Promise<Token> {
  const { challenge, endpoint } = session;
  if (challenge === undefined) throw new Error('no challenge to answer');
  const { credential } = await credentialOf(session, options);
  const asked = challenge.parameters.get('scope');
  const wanted = scopes.length > 0 || asked === undefined ? scopes : [asked];
  const what = 'log in';
  const token = await fetchToken(
    { challenge, scopes: wanted, credential, origin: endpoint.origin },
    {
      timing: session.timing,
      send: async (request, call) => sendPatiently(session, { request, what }, call),
      refused: async (response) => refusal(session, response, { what }),
      malformed: (why) => failure(contextOf(session), why),
    },
    options,
  );
  addSecret(session.secrets, token.text);
  keepRefreshToken(session, token);
  return token;
}

/** Some servers hand out each refresh token for one use. */
function keepRefreshToken(session: Session, { refreshToken }: Token): void {
  if (refreshToken === undefined || session.credential === undefined) return;
  addSecret(session.secrets, refreshToken);
  session.credential = session.credential.then((found) =>
    found.credential?.identityToken === undefined
      ? found
      : { credential: { ...found.credential, identityToken: refreshToken } },
  );
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ');
}
