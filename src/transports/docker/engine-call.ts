import { AirkitError, messageOf, type ErrorCode } from '../../errors.ts';

/** Which side of a copy an engine is on: its failures are the source's or the target's. */
export type EngineSide = 'source' | 'target';

/** What a failed call tells of its engine. */
export interface CalledEngine {
  readonly address: string;
  readonly side: EngineSide;
  /** Of the operation that opened it. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs an API call; its failure becomes an AirkitError that names the engine. An engine that hangs can be left. */
export async function engineCall<T>(
  engine: CalledEngine,
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await unlessAborted(call(), engine.signal);
  } catch (error) {
    engine.signal?.throwIfAborted();
    throw engineFailure(engine, what, error);
  }
}

/** Most calls of dockerode take no signal: what they still answer is then not waited for. */
export async function unlessAborted<T>(
  call: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return call;
  call.catch(() => undefined); // what is not waited for may fail: its connection is closed soon
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

/** The error for a failed API call. */
export function engineFailure(engine: CalledEngine, what: string, error: unknown): Error {
  if (error instanceof AirkitError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const code: ErrorCode = engine.side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED';
  return new AirkitError(
    code,
    `docker at ${engine.address}: cannot ${what}: ${messageOf(error).trim()}`,
    {
      hint: hintFor(error),
      context: {
        address: engine.address,
        ...(isUnreachable(error) ? { unreachable: engine.address } : {}),
      },
      cause: error,
    },
  );
}

const NO_CONNECTION = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTFOUND', 'EHOSTUNREACH']);

/** True when nobody answers at the address: then no image is to blame. */
function isUnreachable(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && NO_CONNECTION.has(code);
}

/** HTTP status of a failed API call; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown =
    error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

function hintFor(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return 'Is the engine running? Set DOCKER_HOST to reach another one.';
  if (code === 'EACCES')
    return 'You may not use its socket: join the group docker, or run as root.';
  return undefined;
}
