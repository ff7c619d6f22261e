import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { collectBytes } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { asObject, parseJson } from '../../oci/json.ts';
import { MAX_ANSWER_BYTES, podmanFailure, type PodmanPlace } from './podman.ts';

/** Podman 4 and 5 answer to this version; later ones still take it. */
const API = '/v4.0.0/libpod';
/** Docker's API as podman answers it. */
const DOCKER_API = '/v1.40';

/** Podman's own API at a socket. */
export interface Api {
  readonly agent: Dispatcher;
  readonly place: PodmanPlace;
}

export interface Question {
  readonly path: string;
  /** True to ask in Docker's API. Default false: podman's own. */
  readonly isDockerApi?: boolean | undefined;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly query?: readonly (readonly [string, string])[] | undefined;
  readonly body?: Readable | undefined;
  /** For messages: what is asked for, after "cannot". */
  readonly what: string;
}

export interface AskOptions extends OperationOptions {
  /** Statuses that are answers; others are failures. Default: those of success. */
  readonly accepts?: readonly number[] | undefined;
}

/**
 * Sends a request and reads the whole answer, at most 64 MiB.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED with podman's words
 */
export async function ask(
  api: Api,
  question: Question,
  options: AskOptions = {},
): Promise<{ status: number; bytes: Buffer }> {
  const { statusCode, body } = await send(api, question, options);
  try {
    return { status: statusCode, bytes: await collectBytes(body, MAX_ANSWER_BYTES) };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw podmanFailure(api.place, question.what, error);
  }
}

/** Sends a request; the body is for the caller to read. */
export async function send(
  { agent, place }: Api,
  question: Question,
  { signal, accepts = [200, 201, 204] }: AskOptions,
): Promise<Dispatcher.ResponseData> {
  const { method = 'GET', body, what } = question;
  try {
    signal?.throwIfAborted();
    const answer = await agent.request({
      origin: 'http://podman',
      path: pathOf(question),
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/x-tar' },
      body: body ?? null,
      signal: signal ?? null,
    });
    if (accepts.includes(answer.statusCode)) return answer;
    throw new Error(refusal(await collectBytes(answer.body, MAX_ANSWER_BYTES), answer.statusCode));
  } catch (error) {
    signal?.throwIfAborted();
    throw podmanFailure(place, what, error);
  }
}

function pathOf({ path, isDockerApi = false, query = [] }: Question): string {
  const parameters = new URLSearchParams(
    query.map(([key, value]): [string, string] => [key, value]),
  );
  const base = isDockerApi ? DOCKER_API : API;
  return `${base}${path}${query.length === 0 ? '' : `?${parameters.toString()}`}`;
}

/** Podman's words in the body of a failure. */
function refusal(bytes: Buffer, status: number): string {
  try {
    const message = asObject(parseJson(bytes, { where: 'answer' }), 'answer')['message'];
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not podman's own form: the status must do.
  }
  return `it answered with HTTP ${status}`;
}
