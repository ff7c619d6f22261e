import { missingBlob } from '../../content/blob-folder.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError, isAirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { RegistryClient } from './client.ts';
import { failure, lineFailure } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { isPassingFailure, MAX_RETRIES, PROGRESS_BYTES, retryDelay } from './retry.ts';
import type { Session } from './session.ts';
import { skipBytes } from './skip-bytes.ts';

/** A blob of a repository. */
export interface BlobName {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly target: Descriptor;
  /** Told of the endpoint that bytes come from. */
  readonly onServed?: ((session: Session) => void) | undefined;
}

/** After `/v2/REPOSITORY/`. */
export function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest}`;
}

/**
 * Bytes of a blob that a repository holds, by HEAD; undefined when it holds none. A registry that does not tell the size
 * is taken to hold the size that is expected; a mirror with another size is passed over.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED
 */
export async function sizeOfBlob(
  { client, repository, target }: BlobName,
  options: OperationOptions,
): Promise<number | undefined> {
  const { response, session } = await client.send(
    {
      method: 'HEAD',
      repository,
      path: blobPath(target),
      what: `look for the blob ${target.digest}`,
      accept: [200, 404],
      scopes: [{ repository, actions: client.side === 'source' ? 'pull' : 'pull,push' }],
      headers: { 'accept-encoding': 'identity' },
    },
    options,
  );
  await response.discard();
  if (response.status !== 200) return undefined;
  const told = Number(response.header('content-length') ?? target.size);
  if (told === target.size || !client.passOver(session, blobPath(target))) return told;
  return sizeOfBlob({ client, repository, target }, options);
}

/** True when a repository holds a blob in the size expected. @throws AirkitError SOURCE_FAILED, TARGET_FAILED */
export async function holdsBlob(name: BlobName, options: OperationOptions): Promise<boolean> {
  return (await sizeOfBlob(name, options)) === name.target.size;
}

/** The first of some repositories that holds a blob; those that may not be asked do not count. */
export async function holderAmong(
  repositories: readonly string[],
  blob: Omit<BlobName, 'repository'>,
  options: OperationOptions,
): Promise<string | undefined> {
  for (const repository of repositories) {
    try {
      if (await holdsBlob({ ...blob, repository }, options)) return repository;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    }
  }
  return undefined;
}

/**
 * Streams a blob. Where the line breaks, it goes on at the next byte: by Range, or from the start, leaving out what has
 * been passed on. A mirror that does not get on with it is passed over. The bytes are not verified here.
 *
 * @throws AirkitError BLOB_MISSING, SOURCE_FAILED, TARGET_FAILED while iterated
 */
export async function* streamBlob(
  name: BlobName,
  options: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const { client, target } = name;
  const reading: Reading = { offset: 0, mendedAt: 0, retry: 0, useRange: true };
  const onServed = (session: Session): void => {
    reading.session = session;
    name.onServed?.(session);
  };
  for (;;) {
    try {
      const { offset, useRange } = reading;
      for await (const chunk of await openAt({ ...name, onServed, offset, useRange }, options)) {
        reading.offset += chunk.byteLength;
        yield chunk;
      }
      if (reading.offset >= target.size) return;
    } catch (error) {
      options.signal?.throwIfAborted();
      requireAnotherTry(name, reading, error);
    }
    if (reading.offset - reading.mendedAt >= PROGRESS_BYTES) reading.retry = 0;
    // Short once more: the rest is asked of another endpoint, or the stream ends, and whoever verifies it says so.
    if (reading.retry >= MAX_RETRIES && !leaveMirror(name, reading)) return;
    reading.mendedAt = reading.offset;
    await client.timing.sleep(retryDelay(reading.retry), options.signal);
    reading.retry += 1;
  }
}

/** How far a download has come. */
interface Reading {
  /** Bytes that have been passed on; and how many of them when it last broke off. */
  offset: number;
  mendedAt: number;
  retry: number;
  useRange: boolean;
  /** Where the last bytes came from. */
  session?: Session | undefined;
}

/** Returns when another try is worthwhile. @throws AirkitError for a failure that lasts */
function requireAnotherTry(name: BlobName, reading: Reading, error: unknown): void {
  if (error instanceof RangeRefused) reading.useRange = false;
  else if (error instanceof AirkitError) throw error;
  else {
    const isPassing = isPassingFailure(error, { hasAnswered: true });
    if (isPassing && reading.retry < MAX_RETRIES) return;
    if (!leaveMirror(name, reading)) throw broken(name, reading.offset, error);
  }
}

/** Has the rest come from another endpoint, where there is one. */
function leaveMirror({ client, target }: BlobName, reading: Reading): boolean {
  const { session } = reading;
  if (session === undefined || !client.passOver(session, blobPath(target))) return false;
  reading.retry = 0;
  return true;
}

interface Part extends BlobName {
  readonly offset: number;
  readonly useRange: boolean;
}

/** The registry answered a Range with another one. */
class RangeRefused extends Error {}

async function openAt(part: Part, options: OperationOptions): Promise<AsyncIterable<Uint8Array>> {
  const { client, repository, target, offset, onServed } = part;
  const isPart = offset > 0 && part.useRange;
  const { response, session } = await client.send(
    {
      method: 'GET',
      repository,
      path: blobPath(target),
      what: `read the blob ${target.digest}`,
      accept: isPart ? [200, 206, 404, 416] : [200, 404],
      scopes: [{ repository, actions: 'pull' }],
      headers: {
        'accept-encoding': 'identity',
        ...(isPart ? { range: `bytes=${offset}-` } : {}),
      },
    },
    options,
  );
  if (response.status === 404) {
    await response.discard();
    throw missingBlob(target, `${client.host}/${repository}`);
  }
  requireIdentity(part, response);
  onServed?.(session);
  if (response.status === 200)
    return offset === 0 ? response.body : skipBytes(response.body, offset);
  if (response.status === 206 && isRangeFrom(response, part)) return response.body;
  await response.discard();
  throw new RangeRefused('another range than the one asked for');
}

/** `Content-Range: bytes FIRST-LAST/SIZE` with our first byte (RFC 9110 section 14.4). */
function isRangeFrom(response: HttpResponse, { offset, target }: Part): boolean {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(
    response.header('content-range') ?? '',
  );
  if (match === null) return false;
  const [, first, last, size] = match;
  const isWhole = size === '*' || Number(size) === target.size;
  return Number(first) === offset && Number(last) < target.size && isWhole;
}

function requireIdentity({ client, repository, target }: Part, response: HttpResponse): void {
  const encoding = response.header('content-encoding') ?? 'identity';
  if (encoding === 'identity') return;
  throw failure(
    { ...client, repository },
    `the blob ${target.digest} came with a Content-Encoding nobody asked for`,
    { hint: 'A proxy in between may compress; let it leave this host alone.' },
  );
}

function broken({ client, repository, target }: BlobName, offset: number, error: unknown): Error {
  const what = `read the blob ${target.digest} beyond byte ${offset} of ${target.size}`;
  return lineFailure({ ...client, repository }, what, error);
}
