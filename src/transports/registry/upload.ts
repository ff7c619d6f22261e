import type { OperationOptions } from '../../content/operation.ts';
import { sizeOfBlob } from './blobs.ts';
import { MAX_RETRIES } from './retry.ts';
import { uploadChunks } from './upload-chunks.ts';
import {
  blobBytes,
  failedStatus,
  finishUpload,
  isWorthRetry,
  locationOf,
  uploadScopes,
  waitAfter,
  type Upload,
  type UploadPlace,
} from './upload-session.ts';

export type { Upload } from './upload-session.ts';

/** Least bytes of a chunk. Larger blobs go in chunks: those can be resumed. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** About so many chunks make a very large blob: S3 behind old registries lists them all at each request. */
const MOST_CHUNKS = 100;
const LARGEST_CHUNK = 1024 * 1024 * 1024;

type Way = 'whole' | 'chunks';

/** Statuses after which the other way is tried; some registries take blobs in one piece only (Google's). */
const REFUSALS: Readonly<Record<Way, readonly number[]>> = {
  whole: [405, 411, 413, 415, 501],
  chunks: [400, 405, 411, 413, 415, 501],
};
/** These may as well mean that the registry forgot the upload; the second time they are taken for a refusal. */
const PERHAPS_FORGOTTEN = new Set([404, 416]);

/**
 * Puts a blob into a repository (OCI distribution-spec "Pushing blobs"): mounted from another repository where that
 * works, else small ones in one piece and large ones in chunks, or the other way when the registry refuses. What breaks
 * in one piece begins anew; chunks go on where they were.
 *
 * @returns bytes sent, 0 when it was mounted
 * @throws AirkitError TARGET_FAILED; what the content throws
 */
export async function uploadBlob(upload: Upload, options: OperationOptions): Promise<number> {
  const { client, target } = upload;
  const refused = new Set<Way>();
  for (let retry = 0; ; retry += 1) {
    // The answer to the end of an upload may be what got lost.
    if (retry > 0 && (await sizeOfBlob(upload, options)) === target.size) return target.size;
    const begun = await beginUpload(upload, options);
    if (begun === undefined) return 0;
    const way = wayFor(upload, begun, refused);
    try {
      await (way === 'chunks' ? sendChunks : sendWhole)(upload, begun, options);
      return target.size;
    } catch (error) {
      options.signal?.throwIfAborted();
      const isRefused = refused.size === 0 && isRefusal(error, way, retry);
      if (isRefused) refused.add(way);
      else if (retry >= MAX_RETRIES || !isWorthRetry(error)) throw error;
      else await client.timing.sleep(waitAfter(error, retry), options.signal);
    }
  }
}

interface Begun {
  readonly place: UploadPlace;
  /** Set when the registry asks for chunks: the least bytes of one. */
  readonly chunkBytes?: number | undefined;
}

function wayFor({ target }: Upload, { chunkBytes }: Begun, refused: ReadonlySet<Way>): Way {
  if (refused.has('chunks')) return 'whole';
  const isLarge = target.size > CHUNK_BYTES;
  return refused.has('whole') || isLarge || chunkBytes !== undefined ? 'chunks' : 'whole';
}

function isRefusal(error: unknown, way: Way, retry: number): boolean {
  const status = failedStatus(error);
  if (status === undefined) return false;
  if (way === 'chunks' && retry > 0 && PERHAPS_FORGOTTEN.has(status)) return true;
  return REFUSALS[way].includes(status);
}

/** @returns undefined when the blob was mounted: nothing is left to do */
async function beginUpload(upload: Upload, options: OperationOptions): Promise<Begun | undefined> {
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
      scopes: uploadScopes(upload),
    },
    options,
  );
  const { response, session } = answer;
  await response.discard();
  if (response.status === 201) return undefined;
  const least = response.header('oci-chunk-min-length') ?? '';
  const isAsked = /^\d{1,12}$/.test(least) && Number(least) <= LARGEST_CHUNK;
  return {
    place: { session, url: locationOf(upload, answer, response.url) },
    ...(isAsked ? { chunkBytes: Number(least) } : {}),
  };
}

async function sendWhole(
  upload: Upload,
  { place }: Begun,
  options: OperationOptions,
): Promise<void> {
  const { size } = upload.target;
  const body = { size, open: () => blobBytes(upload, 0, options) };
  await finishUpload(upload, { place, body }, options);
}

async function sendChunks(
  upload: Upload,
  { place, chunkBytes = 0 }: Begun,
  options: OperationOptions,
): Promise<void> {
  const least = Math.max(chunkBytes, CHUNK_BYTES, Math.ceil(upload.target.size / MOST_CHUNKS));
  await uploadChunks({ upload, place, chunkBytes: least }, options);
}
