import { DEFAULT_CONCURRENCY } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import {
  realTiming,
  plainHostsOf,
  settingsFor,
  type RegistryAccess,
  type RegistrySide,
  type Timing,
} from './access.ts';
import { openConnection } from './connection.ts';
import { endpointHosts, originOf } from './endpoint.ts';
import { isAirkitError } from '../../errors.ts';
import type { HttpResponse } from './http.ts';
import { unknownHealth } from './line-health.ts';
import { openRateLimiter, type RateLimiter } from './rate-limit.ts';
import { pingEndpoint, sendAuthorized } from './send-authorized.ts';
import { newPassedOver, type PassedOver } from './passed-over.ts';
import type { RegistryRequest } from './registry-request.ts';
import { newCredentialMemory } from './session-credentials.ts';
import { refusal, type Session } from './session.ts';

export interface RegistryAnswer {
  readonly response: HttpResponse;
  /** The endpoint that answered, to go on with it. */
  readonly session: Session;
}

/** A registry, with its mirrors, tokens and connections. */
export interface RegistryClient {
  readonly host: string;
  readonly side: RegistrySide;
  readonly timing: Timing;
  readonly secrets: ReadonlySet<string>;
  /** @throws AirkitError SOURCE_FAILED or TARGET_FAILED, naming host, repository and status */
  send(request: RegistryRequest, options: OperationOptions): Promise<RegistryAnswer>;
  /**
   * Has a mirror not asked again for a path whose content it has wrong. True when it was a mirror that was asked until now, so
   * that asking again is worthwhile.
   */
  passOver(session: Session, path: string): boolean;
  /** The status of `/v2/` at the registry itself, without a login. @throws AirkitError SOURCE_FAILED, TARGET_FAILED */
  ping(options: OperationOptions): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a client; nothing is sent yet. As a source, mirrors are asked first; targets are always written themselves.
 *
 * @throws AirkitError USAGE for certificates or proxies that cannot be read
 */
export async function openRegistryClient(
  {
    host,
    side,
    access,
  }: { readonly host: string; readonly side: RegistrySide; readonly access: RegistryAccess },
  { concurrency = DEFAULT_CONCURRENCY }: OperationOptions = {},
): Promise<RegistryClient> {
  const timing = access.timing ?? realTiming;
  const secrets = new Set<string>();
  const limiter = openRateLimiter(settingsFor(access, host).rateLimit, { host, timing });
  const hosts = endpointHosts(access, host).filter(
    ({ isMirror }) => side === 'source' || !isMirror,
  );
  const plainHosts = plainHostsOf(access);
  const sessions: Session[] = [];
  const lost = new Set<Session>();
  const passedOver = newPassedOver();
  for (const { host: name, prefix, isMirror } of hosts) {
    const connection = await openConnection(access, { host: name, connections: concurrency });
    const origin = originOf(access, name, connection.certificates);
    const endpoint = { host: name, origin, prefix, isMirror };
    const { environment } = access;
    sessions.push({
      plainHosts,
      endpoint,
      connection,
      side,
      timing,
      environment,
      secrets,
      credentials: newCredentialMemory(),
      health: unknownHealth(),
      tokens: new Map(),
    });
  }
  return {
    host,
    side,
    timing,
    secrets,
    send: async (request, options) =>
      sendToAny({ sessions, lost, passedOver }, { request, limiter }, options),
    passOver: passedOver.add,
    ping: async (options) => pingAny(sessions, options),
    close: async () => {
      await Promise.all(sessions.map(async ({ connection }) => connection.close()));
    },
  };
}

interface LimitedRequest {
  readonly request: RegistryRequest;
  readonly limiter: RateLimiter;
}

interface Sessions {
  /** Mirrors first, the registry itself last. */
  readonly sessions: readonly Session[];
  /** Those that were asked in vain and never answered. */
  readonly lost: Set<Session>;
  readonly passedOver: PassedOver;
}

/** Mirrors first; one that fails in whatever way is passed over. */
async function sendToAny(
  { sessions, lost, passedOver }: Sessions,
  { request, limiter }: LimitedRequest,
  options: OperationOptions,
): Promise<RegistryAnswer> {
  const asked = sessions.filter((session) => !passedOver.has(session, request.path));
  const candidates = request.continues === undefined ? asked : [request.continues.session];
  const last = candidates.at(-1);
  const { answer, denial } = await askMirrors(candidates.slice(0, -1), request, options);
  if (answer !== undefined) return answer;
  if (last === undefined) throw new Error('a registry has no endpoint');
  if (denial !== undefined && lost.has(last)) return denial;
  if (request.isLimited === true) await limiter(options);
  try {
    return await sendToItself(last, request, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const isLost = !last.health.hasAnswered && isAirkitError(error, 'SOURCE_FAILED');
    if (denial === undefined || !isLost) throw error;
    tellLost(last, { lost }, options);
    return denial;
  }
}

interface MirrorAnswers {
  readonly answer?: RegistryAnswer | undefined;
  /** The first word that there is none, where such words may count. */
  readonly denial?: RegistryAnswer | undefined;
}

async function askMirrors(
  mirrors: readonly Session[],
  request: RegistryRequest,
  options: OperationOptions,
): Promise<MirrorAnswers> {
  let denial: RegistryAnswer | undefined;
  for (const session of mirrors) {
    const response = await tryMirror(session, request, options);
    if (response === undefined) continue;
    if (response.status < 300) return { answer: { response, session } };
    await response.discard();
    if (request.mirrorsMayDeny === true) denial ??= { response, session };
  }
  return { denial };
}

async function sendToItself(
  session: Session,
  request: RegistryRequest,
  options: OperationOptions,
): Promise<RegistryAnswer> {
  const response = await sendAuthorized(session, request, options);
  if (!request.accept.includes(response.status)) throw await refusal(session, response, request);
  return { response, session };
}

function tellLost(
  session: Session,
  { lost }: Pick<Sessions, 'lost'>,
  { onProgress }: OperationOptions,
): void {
  if (lost.has(session)) return;
  lost.add(session);
  const message = `${session.endpoint.host} cannot be reached: what its mirrors do not have counts as not there`;
  onProgress?.({ kind: 'warning', message });
}

/** An accepted answer of a mirror; undefined when it failed. */
async function tryMirror(
  session: Session,
  request: RegistryRequest,
  options: OperationOptions,
): Promise<HttpResponse | undefined> {
  try {
    const response = await sendAuthorized(session, request, options);
    if (request.accept.includes(response.status)) return response;
    await response.discard();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'SOURCE_FAILED')) throw error;
  }
  return undefined;
}

/** One endpoint that is there is enough; how it wants to be logged in to is kept for later. */
async function pingAny(sessions: readonly Session[], options: OperationOptions): Promise<number> {
  let failure: unknown;
  for (const session of sessions) {
    try {
      return await pingEndpoint(session, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure;
}
