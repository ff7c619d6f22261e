import { DEFAULT_CONCURRENCY } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import {
  realTiming,
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
import type { RegistryRequest } from './registry-request.ts';
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
  const sessions: Session[] = [];
  for (const { host: name, prefix, isMirror } of hosts) {
    const connection = await openConnection(access, { host: name, connections: concurrency });
    const origin = originOf(access, name, connection.certificates);
    const endpoint = { host: name, origin, prefix, isMirror };
    const { environment } = access;
    sessions.push({
      endpoint,
      connection,
      side,
      timing,
      environment,
      secrets,
      health: unknownHealth(),
      tokens: new Map(),
    });
  }
  return {
    host,
    side,
    timing,
    secrets,
    send: async (request, options) => sendToAny(sessions, { request, limiter }, options),
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

/** Mirrors first; one that fails in whatever way is passed over. */
async function sendToAny(
  sessions: readonly Session[],
  { request, limiter }: LimitedRequest,
  options: OperationOptions,
): Promise<RegistryAnswer> {
  const candidates = request.continues === undefined ? sessions : [request.continues.session];
  const last = candidates.at(-1);
  for (const session of candidates.slice(0, -1)) {
    const response = await tryMirror(session, request, options);
    if (response !== undefined) return { response, session };
  }
  if (last === undefined) throw new Error('a registry has no endpoint');
  if (request.isLimited === true) await limiter(options);
  const response = await sendAuthorized(last, request, options);
  if (!request.accept.includes(response.status)) throw await refusal(last, response, request);
  return { response, session: last };
}

async function tryMirror(
  session: Session,
  request: RegistryRequest,
  options: OperationOptions,
): Promise<HttpResponse | undefined> {
  try {
    const response = await sendAuthorized(session, request, options);
    if (response.status < 300 && request.accept.includes(response.status)) return response;
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
