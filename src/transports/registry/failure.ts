import { AirkitError, messageOf, type ErrorCode } from '../../errors.ts';
import { asArray, asObject, parseJsonObject, type JsonValue } from '../../oci/json.ts';
import { DEFAULT_REGISTRY } from '../../oci/reference.ts';
import type { RegistrySide } from './access.ts';
import { redact } from './redact.ts';
import { codeOf } from './retry.ts';

/** Where a request went, for its errors. */
export interface FailureContext {
  readonly side: RegistrySide;
  readonly host: string;
  readonly repository?: string | undefined;
  readonly secrets: ReadonlySet<string>;
  /** Why a credential that is kept could not be read. */
  readonly credentialProblem?: string | undefined;
  /** True when a login was at hand. */
  readonly hasLogin?: boolean | undefined;
  /** True when the host as a whole does not answer. */
  readonly isUnreachable?: boolean | undefined;
}

/** One entry of a registry's error document (OCI distribution-spec "Error Codes"). */
export interface RegistryMessage {
  readonly code: string;
  readonly message: string;
  /** True when it says that its storage has no room left. */
  readonly isFull?: boolean | undefined;
}

/** SOURCE_FAILED or TARGET_FAILED. */
export function failureCode(side: RegistrySide): ErrorCode {
  return side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED';
}

/** An answer that is not what was asked for. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Milliseconds that it asks to wait for. */
  readonly retryAfter?: number | undefined;
}

/** The error for an answer that is not what was asked for. */
export function statusFailure(
  context: FailureContext,
  what: string,
  { status, body, retryAfter }: RefusedAnswer,
): AirkitError {
  const messages = parseMessages(body);
  const said = messages.map(({ code, message }) => [code, message].filter(Boolean).join(': '));
  const tellsFull = messages.some(({ isFull }) => isFull);
  if (tellsFull && !NO_ROOM.test(said.join())) said.push(OUT_OF_ROOM);
  const text = redact(said.join('; '), context.secrets);
  return failure(context, `cannot ${what}: status ${status}${text === '' ? '' : ` (${text})`}`, {
    hint: hintForStatus(context, status, messages),
    status,
    retryAfter,
    isFull: tellsFull || status === INSUFFICIENT_STORAGE,
  });
}

/** The error for what is not written to a target any more, since it has no room left. */
export function fullFailure(context: FailureContext, cause: AirkitError): AirkitError {
  const { hint } = cause;
  return failure(context, 'nothing more is written there', { hint, cause, isFull: true });
}

/** True for the error of a target that says that it has no room left. */
export function tellsFullTarget({ context }: AirkitError): boolean {
  return context['full'] !== undefined;
}

/** The error for a connection that could not be made or broke. */
export function lineFailure(context: FailureContext, what: string, error: unknown): AirkitError {
  const code = codeOf(error);
  const reason = redact(deepestMessage(error), context.secrets);
  const cause = new Error(
    code === undefined || reason.includes(code) ? reason : `${code}: ${reason}`,
  );
  return failure(context, `cannot ${what}: ${reason}`, { hint: hintForLine(code, reason), cause });
}

interface FailureOptions {
  readonly hint?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
  /** True when the host says that its storage has no room left. */
  readonly isFull?: boolean | undefined;
}

/** An error of the registry's side with its host and repository in it. */
export function failure(
  { side, host, repository, isUnreachable }: FailureContext,
  text: string,
  { hint, status, retryAfter, cause, isFull }: FailureOptions = {},
): AirkitError {
  const place = repository === undefined ? host : `${host}/${repository}`;
  return new AirkitError(failureCode(side), `${place}: ${text}`, {
    hint,
    cause,
    context: {
      host,
      ...(repository === undefined ? {} : { repository }),
      ...(status === undefined ? {} : { status }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(isUnreachable === true ? { unreachable: host } : {}),
      ...(isFull === true ? { full: host } : {}),
    },
  });
}

/** Messages of an error document; none for anything else, such as a proxy's page. */
export function parseMessages(body: Uint8Array): RegistryMessage[] {
  try {
    const { errors } = parseJsonObject(body, { where: 'error document' });
    return asArray(errors, 'errors').slice(0, 3).map(parseMessage);
  } catch {
    return [];
  }
}

function parseMessage(value: JsonValue): RegistryMessage {
  const { code, message, detail } = asObject(value, 'error');
  const text = typeof message === 'string' ? message : '';
  const isFull = NO_ROOM.test(text) || (typeof detail === 'string' && NO_ROOM.test(detail));
  return {
    code: typeof code === 'string' ? code : '',
    message: text,
    ...(isFull || isDiskFull(detail) ? { isFull: true } : {}),
  };
}

const NO_ROOM = /no space left on device|disk quota exceeded/i;
/** ENOSPC and EDQUOT of Linux. */
const NO_ROOM_NUMBERS: ReadonlySet<unknown> = new Set([28, 122]);

/**
 * The reference registry tells a failed call on its disk by number (distribution, registry/storage/driver: Error):
 * `{"DriverName": "filesystem", "Enclosed": {"Op": "write", "Path": …, "Err": 28}}`.
 */
function isDiskFull(detail: JsonValue | undefined): boolean {
  return NO_ROOM_NUMBERS.has(memberOf(memberOf(detail, 'Enclosed'), 'Err'));
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? value[name] : undefined;
}

function hintForStatus(
  context: FailureContext,
  status: number,
  messages: readonly RegistryMessage[],
): string | undefined {
  const { host, repository, side } = context;
  const project = missingProject(messages, repository);
  if (side === 'target' && project !== undefined)
    return `Make the project ${JSON.stringify(project)} in ${host} first: it has none of that name.`;
  if (side === 'target' && messages.some(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN'))
    return 'It lacks what the manifest names. For an index without all its platforms use --sparse-index strip.';
  if (status === 401 || status === 403) return hintForLogin(context);
  if (status === 404 && side === 'target')
    return 'Some registries want a repository or project to be made before the first push.';
  if (status === 429)
    return 'The registry limits requests: log in, set "rateLimit", or use a mirror.';
  return status >= 500 ? hintForTrouble(context, status, messages) : undefined;
}

function hintForTrouble(
  { side }: FailureContext,
  status: number,
  messages: readonly RegistryMessage[],
): string {
  if (status === INSUFFICIENT_STORAGE || messages.some(({ isFull }) => isFull))
    return 'The disk of the registry is full: make room there and try again. What arrived is not sent twice.';
  const what =
    side === 'target' ? 'a problem of its own, perhaps a full disk' : 'a problem of its own';
  return `The registry has ${what}: look at its log, or try again later.`;
}

/** RFC 4918 section 11.5. */
const INSUFFICIENT_STORAGE = 507;
/** In the words of systems, for answers that tell it by number. */
const OUT_OF_ROOM = 'no space left on device';

/** Harbor says `project NAME not found`, with various codes. */
function missingProject(
  messages: readonly RegistryMessage[],
  repository: string | undefined,
): string | undefined {
  const isMissing = messages.some(({ message }) =>
    /\bproject\b.*\bnot\b.*\bfound\b/i.test(message),
  );
  return isMissing ? repository?.split('/')[0] : undefined;
}

function hintForLogin(context: FailureContext): string {
  const { host, side, repository, credentialProblem } = context;
  const kept =
    context.hasLogin === true
      ? 'The login that is kept for it is refused, or may not do this. '
      : '';
  const problem = credentialProblem === undefined ? '' : ` (${credentialProblem})`;
  if (host === DEFAULT_REGISTRY && side === 'source')
    return `${kept}Check the name: Docker Hub answers so for repositories that do not exist, too. For private ones run docker login${problem}.`;
  const login = `${kept}Run docker login ${host} or podman login ${host}${problem}.`;
  const [project] = repository?.split('/') ?? [];
  return side === 'source' || project === undefined
    ? `${login} Some registries answer so for repositories that do not exist, too.`
    : `${login} Harbor answers so, too, while it has no project ${JSON.stringify(project)}.`;
}

function hintForLine(code: string | undefined, reason: string): string | undefined {
  // undici's answer to a refused CONNECT has no code of its own.
  if (reason.startsWith('Proxy response (407)'))
    return 'The proxy wants a login: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.';
  if (code === undefined) return undefined;
  if (code === 'ECONNREFUSED')
    return 'Check host and port, and HTTPS_PROXY where one is set: nothing listens there.';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'Check the name of the host, and HTTPS_PROXY if this network needs a proxy.';
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return 'Name the certificate of its authority under "registries: HOST: ca", or put it into /etc/docker/certs.d/HOST/ca.crt.';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO')
    return 'It may speak plain http: allow that with "registries: HOST: plainHttp: true".';
  return undefined;
}

/** undici wraps what really happened. */
function deepestMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return deepestMessage(error.errors[0]);
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? deepestMessage(cause) : messageOf(error);
}
