import type { Timing } from './access.ts';

/** Further tries after the first. */
export const MAX_RETRIES = 5;
/** After so many further bytes a broken line counts as mended. */
export const PROGRESS_BYTES: number = 1024 * 1024;
/** Waits of one request grow from the first to the longest, in milliseconds. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A registry that asks for a longer wait is not waited for, in milliseconds. */
export const LONGEST_RETRY_AFTER = 120_000;

const PASSING_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);
const BROKEN_LINE = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);
/** A host that has answered before may be restarting; one that never did is likely misspelt. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
]);

/** Milliseconds before the given further try, counted from 0: 0.5, 1, 2, 4, 8 s; no jitter, so runs are alike. */
export function retryDelay(retry: number): number {
  return Math.min(FIRST_DELAY * 2 ** retry, LONGEST_DELAY);
}

/** True for answers that may be different in a moment. */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUSES.has(status);
}

/** True for a failed connection that is worth another try. */
export function isPassingFailure(
  error: unknown,
  { hasAnswered }: { readonly hasAnswered: boolean },
): boolean {
  const code = codeOf(error);
  if (code === undefined) return false;
  return BROKEN_LINE.has(code) || (hasAnswered && UNREACHABLE.has(code));
}

/** The code of a system or undici error, also where one is wrapped in another. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError)
    return error.errors.map(codeOf).find((code) => code !== undefined);
  return codeOf(error.cause);
}

const SECONDS = /^\d{1,9}$/;
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds that `Retry-After` asks for, seconds or a date (RFC 9110 section 10.2.3); undefined for anything else. */
export function parseRetryAfter(text: string | undefined, timing: Timing): number | undefined {
  if (text === undefined) return undefined;
  if (SECONDS.test(text)) return Number(text) * 1000;
  const time = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time - timing.now());
}
