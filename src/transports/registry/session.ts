import type { OperationOptions } from '../../content/operation.ts';
import type { Environment, RegistrySide, Timing } from './access.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Connection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { failure, statusFailure, type FailureContext } from './failure.ts';
import type { HttpResponse } from './http.ts';
import type { LineHealth } from './line-health.ts';
import { addSecret, type Secrets } from './redact.ts';
import { credentialFor, keepRefreshToken, type CredentialMemory } from './session-credentials.ts';
import { parseRetryAfter } from './retry.ts';
import { sendPatiently } from './send-patiently.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

/** What is known of one endpoint while airkit runs: how it wants to be logged in to, and the tokens it gave. */
export interface Session {
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly side: RegistrySide;
  readonly timing: Timing;
  readonly environment: Environment;
  /** HOST[:PORT] of all hosts that may be spoken to without TLS by the settings. */
  readonly plainHosts: ReadonlySet<string>;
  readonly secrets: Secrets;
  readonly health: LineHealth;
  /** The one that airkit answers; undefined until the endpoint asks. */
  challenge?: Challenge | undefined;
  readonly credentials: CredentialMemory;
  /** By repository and scopes; one request for a token serves all who wait for it. */
  readonly tokens: Map<string, PendingToken>;
}

/** What a request needs a login for. */
export interface Wanted {
  /** At the endpoint; undefined for the catalog. Files may keep credentials for it alone. */
  readonly repository?: string | undefined;
  /** Of a token (distribution auth/scope.md). */
  readonly scopes: readonly string[];
}

interface PendingToken {
  readonly token: Promise<Token>;
  readonly isStopped: () => boolean;
}

const MAX_ERROR_DOCUMENT = 64 * 1024;

/** Where a session's requests go, for errors. */
export function contextOf(
  { side, endpoint, secrets, credentials }: Session,
  repository?: string,
): FailureContext {
  const { problem: credentialProblem, isFound: hasLogin } = credentials;
  return { side, host: endpoint.host, repository, secrets, credentialProblem, hasLogin };
}

/** The error for an answer that was not asked for; reads the error document in it. */
export async function refusal(
  session: Session,
  response: HttpResponse,
  { what, repository }: { readonly what: string; readonly repository?: string | undefined },
): Promise<Error> {
  const body = await response.bytes(MAX_ERROR_DOCUMENT).catch(() => Buffer.alloc(0));
  const { status } = response;
  const retryAfter = parseRetryAfter(response.header('retry-after'), session.timing);
  return statusFailure(contextOf(session, repository), what, { status, body, retryAfter });
}

/**
 * `Authorization` for such requests; undefined while the endpoint has not asked for a login, or when there
 * is none to give.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when the token server refuses, USAGE for unreadable credentials
 */
export async function authorize(
  session: Session,
  wanted: Wanted,
  options: OperationOptions,
): Promise<string | undefined> {
  const { challenge } = session;
  if (challenge === undefined) return undefined;
  const credential = await credentialFor(session, wanted.repository, options);
  const authorization =
    challenge.scheme === 'basic'
      ? basicAuthorization(credential)
      : `Bearer ${credential?.registryToken ?? (await tokenFor(session, wanted, options)).text}`;
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
  wanted: Wanted,
): boolean {
  session.tokens.delete(keyOf(wanted));
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

async function tokenFor(
  session: Session,
  wanted: Wanted,
  options: OperationOptions,
): Promise<Token> {
  const key = keyOf(wanted);
  for (;;) {
    const pending = session.tokens.get(key) ?? beginToken(session, wanted, options);
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

function beginToken(session: Session, wanted: Wanted, options: OperationOptions): PendingToken {
  return {
    token: requestToken(session, wanted, options),
    isStopped: () => options.signal?.aborted === true,
  };
}

async function requestToken(
  session: Session,
  wanted: Wanted,
  options: OperationOptions,
): Promise<Token> {
  const { challenge, endpoint } = session;
  if (challenge === undefined) throw new Error('no challenge to answer');
  const credential = await credentialFor(session, wanted.repository, options);
  const asked = challenge.parameters.get('scope');
  const scopes = wanted.scopes.length > 0 || asked === undefined ? wanted.scopes : [asked];
  const what = 'log in';
  const token = await fetchToken(
    { challenge, scopes, credential, origin: endpoint.origin },
    {
      timing: session.timing,
      send: async (request, call) => sendPatiently(session, { request, what }, call),
      refused: async (response) => refusal(session, response, { what }),
      malformed: (why) => failure(contextOf(session), why),
      mayBePlain: (host) => session.plainHosts.has(host),
    },
    options,
  );
  addSecret(session.secrets, token.text);
  await keepRefreshToken(session, wanted.repository, token);
  return token;
}

function keyOf({ repository = '', scopes }: Wanted): string {
  return [repository, ...scopes].join(' ');
}
