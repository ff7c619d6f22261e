import type { OperationOptions } from '../../content/operation.ts';
import { MAX_RETRIES, PROGRESS_BYTES } from './retry.ts';
import { splitStream, type StreamPart } from './split-stream.ts';
import {
  blobBytes,
  finishUpload,
  isWorthRetry,
  locationOf,
  sendStep,
  waitAfter,
  type Upload,
  type UploadPlace,
} from './upload-session.ts';

export interface ChunkedUpload {
  readonly upload: Upload;
  readonly place: UploadPlace;
  /** Bytes of a chunk; the last one may be smaller. */
  readonly chunkBytes: number;
}

/** How far an upload has come. */
interface Reached {
  readonly place: UploadPlace;
  /** Bytes that the registry has. */
  readonly offset: number;
}

/**
 * Puts a blob in chunks (OCI distribution-spec "Pushing a blob in chunks"). Where the line breaks, or the registry says
 * that it is elsewhere (416), it is asked how much it has, and the upload goes on there. The distribution registry drops
 * an upload when a request broke off midway (the `_state` in its addresses names the offset that it expects); it goes on
 * only after requests that it never read, or answered with trouble that passes.
 *
 * @throws AirkitError TARGET_FAILED, also when the registry has forgotten the upload; what the content throws
 */
export async function uploadChunks(
  chunked: ChunkedUpload,
  options: OperationOptions,
): Promise<void> {
  const { upload } = chunked;
  let reached: Reached = { place: chunked.place, offset: 0 };
  let furthest = 0;
  let retry = 0;
  const keep = (further: Reached): void => void (reached = further);
  for (;;) {
    try {
      await sendRest(chunked, { reached, keep }, options);
      return await finishUpload(upload, { ...reached, body: new Uint8Array(0) }, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (retry >= MAX_RETRIES || !isWorthRetry(error)) throw error;
      await upload.client.timing.sleep(waitAfter(error, retry), options.signal);
      const found = await askReached(upload, reached.place, options);
      if (found === undefined) throw error;
      reached = found;
    }
    retry = reached.offset - furthest >= PROGRESS_BYTES ? 0 : retry + 1;
    furthest = Math.max(furthest, reached.offset);
  }
}

interface Rest {
  readonly reached: Reached;
  /** Called after each chunk. */
  readonly keep: (reached: Reached) => void;
}

async function sendRest(
  { upload, chunkBytes }: ChunkedUpload,
  { reached, keep }: Rest,
  options: OperationOptions,
): Promise<void> {
  const { offset: from } = reached;
  const bytes = blobBytes(upload, from, options);
  let { place } = reached;
  const cut = { size: upload.target.size, partBytes: chunkBytes, from };
  for await (const part of splitStream(bytes, cut)) {
    place = await sendChunk(upload, { place, part }, options);
    keep({ place, offset: part.offset + part.body.size });
  }
}

/** `Content-Range` is `FIRST-LAST` here, without a unit and a size. */
async function sendChunk(
  upload: Upload,
  { place, part }: { readonly place: UploadPlace; readonly part: StreamPart },
  options: OperationOptions,
): Promise<UploadPlace> {
  const { offset, body } = part;
  const last = offset + body.size - 1;
  const answer = await sendStep(
    upload,
    {
      method: 'PATCH',
      what: `send bytes ${offset} to ${last} of the blob ${upload.target.digest}`,
      accept: [201, 202, 204],
      place,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${offset}-${last}`,
      },
      body,
    },
    options,
  );
  return { ...place, url: locationOf(upload, answer, place.url) };
}

/** Answers of registries that do not know an upload, or do not tell. */
const UNKNOWN = [400, 404, 405, 410, 416, 501];

/**
 * Asks how much of an upload has arrived: `Range: 0-LAST` of a 204. An upload of no byte and one of a single byte are
 * both `0-0`, which is taken for none.
 *
 * @returns undefined when the registry does not know the upload any more, or does not tell
 */
async function askReached(
  upload: Upload,
  place: UploadPlace,
  options: OperationOptions,
): Promise<Reached | undefined> {
  const { digest, size } = upload.target;
  const what = `ask how much of the blob ${digest} has arrived`;
  const step = { method: 'GET', what, accept: [200, 202, 204, ...UNKNOWN], place } as const;
  const answer = await sendStep(upload, step, options);
  if (UNKNOWN.includes(answer.response.status)) return undefined;
  const [, last] = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(answer.response.header('range') ?? '') ?? [];
  const offset = last === '0' ? 0 : Number(last ?? Number.NaN) + 1;
  if (!(offset <= size)) return undefined;
  return { place: { ...place, url: locationOf(upload, answer, place.url) }, offset };
}
