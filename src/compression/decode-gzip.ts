import { createGunzip, type Gunzip } from 'node:zlib';
import { abortable, CLOSED } from './abortable.ts';
import { decodingError, invalidStream, truncatedStream } from './compression-error.ts';

/** Taken anew for each chunk, and the first is more than a small layer fills. */
const OUTPUT_CHUNK_BYTES = 64 * 1024;

/**
 * Decodes a gzip stream of one or more members (RFC 1952 §2.2) on the libuv thread pool. Zeros after the last member are
 * padding, as for `gzip -d`; anything else there is an error.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export async function* decodeGzip(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  gunzip.on('error', ignore); // the loop below reports it
  const writer = writeTo(gunzip);
  const stopping = new AbortController();
  const source: { failure?: { readonly error: unknown } } = {};
  const feeding = feed(abortable(chunks, stopping.signal), writer).catch((error: unknown) => {
    source.failure = { error };
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of gunzip) yield chunk;
    writer.release();
    await feeding;
    if (source.failure !== undefined) throw source.failure.error;
  } catch (error) {
    throw source.failure === undefined ? gunzipError(error) : source.failure.error;
  } finally {
    gunzip.destroy();
    stopping.abort(CLOSED);
    writer.release();
    await feeding;
  }
}

/** zlib calls an early end a buffer error. */
function gunzipError(error: unknown): Error {
  const isCutOff = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
  return isCutOff ? truncatedStream('gzip', error) : decodingError('gzip', error);
}

interface GunzipWriter {
  readonly gunzip: Gunzip;
  /** Resolves when zlib has taken the chunk, or on `release`. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Ends a wait that zlib will not end, because its stream is over. */
  readonly release: () => void;
}

function writeTo(gunzip: Gunzip): GunzipWriter {
  const waiting = new Set<() => void>();
  const release = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const write = async (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      waiting.add(resolve);
      gunzip.write(chunk, release);
    });
  return { gunzip, write, release };
}

/** Writes chunk after chunk, as zlib takes them. At a zero behind a member zlib ends its stream and takes no more. */
async function feed(
  chunks: AsyncIterable<Uint8Array>,
  { gunzip, write }: GunzipWriter,
): Promise<void> {
  let fed = 0;
  for await (const chunk of chunks) {
    if (gunzip.bytesWritten === fed && chunk.byteLength > 0) await write(chunk);
    if (gunzip.destroyed && !gunzip.readableEnded) return;
    fed += chunk.byteLength;
    const untaken = Math.min(fed - gunzip.bytesWritten, chunk.byteLength);
    requireZeros(chunk.subarray(chunk.byteLength - untaken));
  }
  gunzip.end();
}

function requireZeros(padding: Uint8Array): void {
  if (padding.every((byte) => byte === 0)) return;
  throw invalidStream('gzip', 'garbage after the last member');
}

function ignore(): void {
  // Deliberately nothing.
}
