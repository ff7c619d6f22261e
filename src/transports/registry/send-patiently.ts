import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError } from '../../errors.ts';
import type { Timing } from './access.ts';
import type { Connection } from './connection.ts';
import { lineFailure, type FailureContext } from './failure.ts';
import { sendRequest, type HttpRequest, type HttpResponse } from './http.ts';
import {
  noteAnswer,
  noteBrokenLine,
  requireUp,
  retriesFor,
  type LineHealth,
} from './line-health.ts';
import {
  codeOf,
  isPassingFailure,
  isPassingStatus,
  LONGEST_RETRY_AFTER,
  parseRetryAfter,
  retryDelay,
} from './retry.ts';

/** What sending needs to know of a session. */
export interface Line {
  readonly endpoint: { readonly host: string };
  readonly connection: Connection;
  readonly side: FailureContext['side'];
  readonly timing: Timing;
  readonly secrets: ReadonlySet<string>;
  readonly health: LineHealth;
}

export interface Errand {
  readonly request: HttpRequest;
  /** What it is for, as "cannot …" goes on. */
  readonly what: string;
  readonly repository?: string | undefined;
}

/**
 * Sends a request, again after broken connections, 429 and 5xx, at most as often as {@link retriesFor} says. Streamed
 * bodies are sent once: who streams one knows where to begin again. The last answer is returned whatever its status.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED for connections, and for a source that is down; what a streamed
 * body throws
 */
export async function sendPatiently(
  line: Line,
  errand: Errand,
  options: OperationOptions,
): Promise<HttpResponse> {
  const { timing, connection, health } = line;
  const { request } = errand;
  const context = contextOf(line, errand);
  requireUp(health, context);
  const retries = retriesFor(health);
  const isRepeatable = request.body === undefined || request.body instanceof Uint8Array;
  for (let retry = 0; ; retry += 1) {
    const canRetry = isRepeatable && retry < retries;
    try {
      const response = await sendRequest(connection, request, options.signal);
      const wait = canRetry ? waitFor(response, retry, timing) : undefined;
      if (wait === undefined) {
        noteAnswer(health, response.status, context);
        return response;
      }
      health.hasAnswered = true;
      await response.discard();
      await timing.sleep(wait, options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof AirkitError) throw error;
      if (!canRetry || !isPassingFailure(error, health)) throw brokenLine(line, errand, error);
      await timing.sleep(retryDelay(retry), options.signal);
    }
  }
}

/** Milliseconds until the next try; undefined for an answer to keep. */
function waitFor(response: HttpResponse, retry: number, timing: Timing): number | undefined {
  if (!isPassingStatus(response.status)) return undefined;
  const asked = parseRetryAfter(response.header('retry-after'), timing);
  if (asked === undefined) return retryDelay(retry);
  return asked <= LONGEST_RETRY_AFTER ? asked : undefined;
}

function brokenLine(line: Line, errand: Errand, error: unknown): AirkitError {
  const isUnreachable = !line.health.hasAnswered && codeOf(error) !== undefined;
  const broken = lineFailure({ ...contextOf(line, errand), isUnreachable }, errand.what, error);
  noteBrokenLine(line.health, broken);
  return broken;
}

function contextOf({ side, endpoint, secrets }: Line, { repository }: Errand): FailureContext {
  return { side, host: endpoint.host, repository, secrets };
}
