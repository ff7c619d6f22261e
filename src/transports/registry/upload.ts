import { reportBytes } from '../../content/count-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { ContentReader } from '../../content/content.ts';
import { isAirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { RegistryAnswer, RegistryClient } from './client.ts';
import type { Scope } from './registry-request.ts';
import { failure } from './failure.ts';
import type { StreamedBody } from './http.ts';
import { isPassingStatus, MAX_RETRIES, retryDelay } from './retry.ts';
import { splitStream } from './split-stream.ts';

/** A blob to be put into a repository. */
export interface Upload {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly target: Descriptor;
  readonly content: ContentReader;
  /** A repository of the same registry that holds it. */
  readonly mountFrom?: string | undefined;
}

/** Bytes of a chunk where the registry asks for no more. */
const CHUNK_BYTES = 8 * 1024 * 1024;
const LARGEST_CHUNK = 1024 * 1024 * 1024;
const TAKEN = [201, 204];
/** Answers to an upload in one piece after which chunks are tried. */
const REFUSES_WHOLE = [405, 411, 413, 415, 501];

/**
 * Puts a blob into a repository (OCI distribution-spec "Pushing blobs"): mounted from another repository where that
 * works, else in one piece, else in chunks. A broken upload begins anew.
 *
 * @returns bytes sent, 0 when it was mounted
 * @throws AirkitError TARGET_FAILED; what the content throws
 */
export async function uploadBlob(upload: Upload, options: OperationOptions): Promise<number> {
  let isChunked = false;
  for (let retry = 0; ; retry += 1) {
    const begun = await beginUpload(upload, options);
    if (begun.isDone) return 0;
    isChunked ||= begun.chunkBytes !== undefined;
    try {
      const isTaken = isChunked
        ? await uploadChunks(upload, begun, options)
        : await uploadWhole(upload, begun, options);
      if (isTaken) return upload.target.size;
      isChunked = true;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (retry >= MAX_RETRIES || !isWorthRetry(error)) throw error;
      await upload.client.timing.sleep(retryDelay(retry), options.signal);
    }
  }
}

/**
 * True for a broken line, a token that ran out meanwhile (401), an upload that the registry forgot (404, 416), and
 * troubles that pass. Content that is not what it says does not get better by another try.
 */
function isWorthRetry(error: unknown): boolean {
  if (!isAirkitError(error, 'TARGET_FAILED')) return false;
  const status = Number(error.context['status'] ?? 0);
  return [0, 401, 404, 416].includes(status) || isPassingStatus(status);
}

interface Begun {
  readonly isDone: boolean;
  readonly answer: RegistryAnswer;
  readonly location: URL;
  /** Set when the registry asks for chunks. */
  readonly chunkBytes?: number | undefined;
}

async function beginUpload(upload: Upload, options: OperationOptions): Promise<Begun> {
  const { client, repository, target, mountFrom } = upload;
  const query = new URLSearchParams(
    mountFrom === undefined ? {} : { mount: target.digest, from: mountFrom },
  );
  const answer = await client.send(
    {
      method: 'POST',
      repository,
      path: `blobs/uploads/${query.size === 0 ? '' : `?${query.toString()}`}`,
      what: 'begin an upload',
      accept: [201, 202],
      scopes: scopesOf(upload),
    },
    options,
  );
  const { response } = answer;
  await response.discard();
  if (response.status === 201) return { isDone: true, answer, location: response.url };
  const least = response.header('oci-chunk-min-length') ?? '';
  const isAsked = /^\d{1,12}$/.test(least) && Number(least) <= LARGEST_CHUNK;
  return {
    isDone: false,
    answer,
    location: locationOf(upload, answer, response.url),
    ...(isAsked ? { chunkBytes: Math.max(Number(least), CHUNK_BYTES) } : {}),
  };
}

/** @returns false when the registry does not take the blob in one piece */
async function uploadWhole(
  upload: Upload,
  { answer, location }: Begun,
  options: OperationOptions,
): Promise<boolean> {
  const body = blobBody(upload, options);
  return finishUpload({ upload, session: answer.session, location, body }, options);
}

/** `Content-Range` is `FIRST-LAST` here, without a unit and a size. */
async function uploadChunks(
  upload: Upload,
  { answer, location, chunkBytes = CHUNK_BYTES }: Begun,
  options: OperationOptions,
): Promise<boolean> {
  const { client, repository, target } = upload;
  const parts = splitStream(blobBody(upload, options).open(), {
    size: target.size,
    partBytes: chunkBytes,
  });
  let url = location;
  for await (const { offset, body } of parts) {
    const sent = await client.send(
      {
        method: 'PATCH',
        repository,
        path: '',
        what: `send bytes ${offset} to ${offset + body.size - 1} of the blob ${target.digest}`,
        accept: [201, 202, 204],
        scopes: scopesOf(upload),
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `${offset}-${offset + body.size - 1}`,
        },
        body,
        continues: { session: answer.session, url },
      },
      options,
    );
    await sent.response.discard();
    url = locationOf(upload, sent, url);
  }
  const empty = new Uint8Array(0);
  return finishUpload({ upload, session: answer.session, location: url, body: empty }, options);
}

interface Finish {
  readonly upload: Upload;
  readonly session: RegistryAnswer['session'];
  readonly location: URL;
  readonly body: StreamedBody | Uint8Array;
}

async function finishUpload(
  { upload, session, location, body }: Finish,
  options: OperationOptions,
): Promise<boolean> {
  const { client, repository, target } = upload;
  const url = new URL(location);
  url.searchParams.set('digest', target.digest);
  const { response } = await client.send(
    {
      method: 'PUT',
      repository,
      path: '',
      what: `upload the blob ${target.digest}`,
      accept: body instanceof Uint8Array ? TAKEN : [...TAKEN, ...REFUSES_WHOLE],
      scopes: scopesOf(upload),
      headers: { 'content-type': 'application/octet-stream' },
      body,
      continues: { session, url },
    },
    options,
  );
  await response.discard();
  return TAKEN.includes(response.status);
}

function blobBody({ content, target }: Upload, options: OperationOptions): StreamedBody {
  return {
    size: target.size,
    open: () => reportBytes(content.fetch(target, options), options),
  };
}

function scopesOf({ repository, mountFrom }: Upload): Scope[] {
  const own: Scope = { repository, actions: 'pull,push' };
  return mountFrom === undefined ? [own] : [own, { repository: mountFrom, actions: 'pull' }];
}

/** Often relative, and behind proxies sometimes with the wrong scheme. Without one, the upload stays where it is. */
function locationOf({ client, repository }: Upload, { response }: RegistryAnswer, base: URL): URL {
  const text = response.header('location');
  if (text === undefined && response.status !== 202) return base;
  const isUsable = text !== undefined && URL.canParse(text, base.href);
  const url = isUsable ? new URL(text, base) : undefined;
  if (url?.host === base.host) url.protocol = base.protocol;
  if (
    url === undefined ||
    url.username !== '' ||
    !['https:', base.protocol].includes(url.protocol)
  ) {
    const { side, host, secrets } = client;
    throw failure({ side, host, repository, secrets }, 'it names no usable place for an upload');
  }
  return url;
}
