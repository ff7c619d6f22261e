import type { AirkitError } from '../../errors.ts';
import { failure, type FailureContext } from './failure.ts';
import { isPassingStatus, MAX_RETRIES } from './retry.ts';

/** How an endpoint has fared, so that one that is down is not asked again for each of many images. */
export interface LineHealth {
  /** True once it has answered anything. */
  hasAnswered: boolean;
  /** Requests in a row that were given up, retries included. */
  givenUp: number;
  /** Why it is not asked any more. */
  down?: AirkitError | undefined;
}

/** After so many requests in a row that were given up, each further one is sent once. */
const PATIENT_UNTIL = 3;
/** After so many, none is sent any more. */
const ASKED_UNTIL = 10;

/** The health of an endpoint that has not been asked yet. */
export function unknownHealth(): LineHealth {
  return { hasAnswered: false, givenUp: 0 };
}

/** Further tries that a request deserves. */
export function retriesFor({ givenUp }: LineHealth): number {
  return givenUp >= PATIENT_UNTIL ? 0 : MAX_RETRIES;
}

/** @throws AirkitError SOURCE_FAILED with the context `unreachable` for an endpoint that is down */
export function requireUp({ down }: LineHealth, context: FailureContext): void {
  if (down === undefined) return;
  throw failure({ ...context, isUnreachable: true }, `it is not asked any more: ${down.message}`, {
    hint: down.hint,
    cause: down,
  });
}

/** Takes notice of the answer that a request ended with. */
export function noteAnswer(health: LineHealth, status: number, context: FailureContext): void {
  health.hasAnswered = true;
  if (!isPassingStatus(status)) {
    health.givenUp = 0;
    return;
  }
  const text = `${health.givenUp + 1} requests in a row failed, the last with status ${status}`;
  giveUp(health, failure({ ...context, isUnreachable: true }, text));
}

/**
 * Takes notice of a connection that failed for good. One that never answered is down at once: retries have been tried
 * where they could help.
 */
export function noteBrokenLine(health: LineHealth, error: AirkitError): void {
  if (error.context['unreachable'] !== undefined) health.down = error;
  else giveUp(health, error);
}

/** A target is written until the load itself gives up: what it refuses may be one image's fault. */
function giveUp(health: LineHealth, error: AirkitError): void {
  if (error.code !== 'SOURCE_FAILED') return;
  health.givenUp += 1;
  if (health.givenUp >= ASKED_UNTIL) health.down = error;
}
