import { AirkitError } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import { inTurns } from '../content/gather-chunks.ts';
import { reportBytes } from '../content/count-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ArchiveWriter } from './part-writer.ts';

/** A place where a blob may be read. */
export interface BlobOrigin {
  /** As warnings name it. */
  readonly where: string;
  readonly content: ContentReader;
}

/** A blob that could not be read. */
export interface BlobFailure {
  readonly descriptor: Descriptor;
  /** Of the last place. */
  readonly error: AirkitError;
}

/** Where in an archive a blob belongs. */
export interface BlobPlace {
  readonly archive: ArchiveWriter;
  /** What stands before it. */
  readonly header: Uint8Array;
  /** Of the header, in bytes from the start of the archive. */
  readonly start: number;
  /** Called with where the bytes end that are in place so far; less far than before when another origin begins. */
  readonly onWritten: (end: number) => void;
}

/**
 * Writes a blob with its header at its place, from the first origin that gives it whole. Bytes are checked while they
 * pass, so an origin that turns out to be damaged has its bytes written over by the next.
 *
 * @returns why no origin gave it; undefined when it is in place
 * @throws AirkitError DISK_FAILED, NO_SPACE for the file
 */
export async function fillBlob(
  {
    descriptor,
    origins,
  }: { readonly descriptor: Descriptor; readonly origins: readonly BlobOrigin[] },
  { archive, header, start, onWritten }: BlobPlace,
  options: OperationOptions,
): Promise<AirkitError | undefined> {
  const last = origins.at(-1);
  if (last === undefined) throw new Error(`no image holds ${descriptor.digest}`);
  const left = [...origins];
  for (let origin = left.shift(); origin !== undefined; origin = left.shift()) {
    const { where, content } = origin;
    const reading = watchReading(content.fetch(descriptor, { ...options, allocate: inTurns() }));
    try {
      await archive.write(after(header, reportBytes(reading.bytes, options)), start, onWritten);
      return undefined;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (reading.failure() !== error || !(error instanceof AirkitError)) throw error;
      if (error.context['passedOver'] !== undefined) left.unshift(origin);
      else if (content === last.content) return error;
      const message = `${where}: ${error.message}; the blob is taken from elsewhere`;
      options.onProgress?.({ kind: 'warning', message });
      onWritten(start);
    }
  }
  return undefined;
}

async function* after(header: Uint8Array, bytes: ByteStream): AsyncGenerator<Uint8Array, void> {
  yield header;
  yield* bytes;
}

/** Tells failures of reading from those of writing. */
function watchReading(bytes: ByteStream): { bytes: ByteStream; failure(): unknown } {
  let failure: unknown;
  async function* watched(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* bytes;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { bytes: watched(), failure: () => failure };
}
