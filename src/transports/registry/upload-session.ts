import type { ContentReader } from '../../content/content.ts';
import { reportBytes } from '../../content/count-bytes.ts';
import { isAirkitError } from '../../errors.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { RegistryAnswer, RegistryClient } from './client.ts';
import { failure } from './failure.ts';
import type { StreamedBody } from './http.ts';
import { isDetour } from './near-host.ts';
import type { RegistryRequest, Scope } from './registry-request.ts';
import { isPassingStatus, LONGEST_RETRY_AFTER, retryDelay } from './retry.ts';
import { skipBytes } from './skip-bytes.ts';

/** A blob to be put into a repository. */
export interface Upload {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly target: Descriptor;
  readonly content: ContentReader;
  /** A repository of the same registry that holds it. */
  readonly mountFrom?: string | undefined;
}

/** Where an upload goes on: the endpoint that it began at, and the last `Location`. */
export interface UploadPlace {
  readonly session: RegistryAnswer['session'];
  readonly url: URL;
}

/** A request to the place of an upload; `accept` are the statuses that are no failure. */
export interface UploadStep extends Pick<RegistryRequest, 'method' | 'what' | 'accept' | 'body'> {
  readonly place: UploadPlace;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Sends a request to the place of an upload; the answer's body is read away. @throws AirkitError TARGET_FAILED */
export async function sendStep(
  upload: Upload,
  { place, ...step }: UploadStep,
  options: OperationOptions,
): Promise<RegistryAnswer> {
  const { client, repository } = upload;
  const scopes = uploadScopes(upload);
  const request = { ...step, repository, path: '', scopes, continues: place };
  const answer = await client.send(request, options);
  await answer.response.discard();
  return answer;
}

/**
 * Ends an upload; `body` is what has not been sent yet.
 *
 * @throws AirkitError TARGET_FAILED; what the content throws
 */
export async function finishUpload(
  upload: Upload,
  { place, body }: { readonly place: UploadPlace; readonly body: StreamedBody | Uint8Array },
  options: OperationOptions,
): Promise<void> {
  const url = new URL(place.url);
  url.searchParams.set('digest', upload.target.digest);
  const step: UploadStep = {
    method: 'PUT',
    what: `upload the blob ${upload.target.digest}`,
    accept: [201, 204],
    place: { ...place, url },
    headers: { 'content-type': 'application/octet-stream' },
    body,
  };
  await sendStep(upload, step, options);
}

/** The bytes of the blob from an offset on, counted as progress. The digest is checked over all of them. */
export function blobBytes(
  { content, target }: Upload,
  from: number,
  options: OperationOptions,
): ByteStream {
  const bytes = content.fetch(target, options);
  return reportBytes(from === 0 ? bytes : skipBytes(bytes, from), options);
}

export function uploadScopes({ repository, mountFrom }: Upload): Scope[] {
  const own: Scope = { repository, actions: 'pull,push' };
  return mountFrom === undefined ? [own] : [own, { repository: mountFrom, actions: 'pull' }];
}

/**
 * The `Location` of an answer: often relative, and behind proxies sometimes with the wrong scheme. Answers other than
 * 202 may leave it out; the upload then stays where it is.
 *
 * @throws AirkitError TARGET_FAILED
 */
export function locationOf(
  { client, repository }: Upload,
  { response }: RegistryAnswer,
  base: URL,
): URL {
  const text = response.header('location');
  if (text === undefined && response.status !== 202) return base;
  const isUsable = text !== undefined && URL.canParse(text, base.href);
  const url = isUsable ? new URL(text, base) : undefined;
  if (url?.host === base.host) url.protocol = base.protocol;
  if (
    url === undefined ||
    url.username !== '' ||
    !['https:', base.protocol].includes(url.protocol) ||
    isDetour(base, url)
  ) {
    throw failure({ ...client, repository }, 'it names no usable place for an upload');
  }
  return url;
}

/** The status that a registry failed an upload with; 0 for a broken line, undefined for any other error. */
export function failedStatus(error: unknown): number | undefined {
  if (!isAirkitError(error, 'TARGET_FAILED')) return undefined;
  return Number(error.context['status'] ?? 0);
}

/**
 * True for a broken line, a token that ran out meanwhile (401), an upload that the registry forgot or is elsewhere with
 * (404, 416), and troubles that pass. Content that is not what it says does not get better by another try.
 */
export function isWorthRetry(error: unknown): boolean {
  const status = failedStatus(error);
  if (status === undefined) return false;
  return [0, 401, 404, 416].includes(status) || isPassingStatus(status);
}

/** Milliseconds before the given further try, counted from 0: what the registry asked for, within limits. */
export function waitAfter(error: unknown, retry: number): number {
  const asked = isAirkitError(error) ? Number(error.context['retryAfter'] ?? 0) : 0;
  return Math.max(retryDelay(retry), Math.min(asked, LONGEST_RETRY_AFTER));
}
