import type { Descriptor } from '../oci/descriptor.ts';
import type { Allocate } from './file-bytes.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

export interface FetchOptions extends OperationOptions {
  /** Memory that a medium may read into; a chunk in it is good until the next is asked for. Default: new memory. */
  readonly allocate?: Allocate | undefined;
}

/** Reads bytes by digest. */
export interface ContentReader {
  /**
   * The bytes of `target`. Nothing is read before iteration begins; the stream throws rather than end on wrong bytes.
   *
   * An error whose context has `passedOver` names one of several places, which is not asked again: fetched once more, `target`
   * comes from another.
   *
   * @throws AirkitError BLOB_MISSING, DIGEST_MISMATCH, SIZE_MISMATCH, or the medium's own failure, while iterated
   */
  fetch(target: Descriptor, options?: FetchOptions): ByteStream;
  /**
   * True when the medium holds `target`. Bytes are not read.
   *
   * @throws AirkitError SIZE_MISMATCH from sources that hold it in another size: damaged is not the same as absent
   */
  has(target: Descriptor, options?: OperationOptions): Promise<boolean>;
}

/** A part of a blob, in bytes. */
export interface ByteRange {
  /** From the start of the blob. */
  readonly offset: number;
  readonly length: number;
}

/** Reads parts of bytes by digest as well. */
export interface RangeReader extends ContentReader {
  /**
   * A part of `target`. No digest speaks of parts: whoever passes them on has read the whole through `fetch` before.
   *
   * @throws AirkitError BLOB_MISSING, SIZE_MISMATCH, USAGE for a part beyond the end, or the medium's own failure, while
   * iterated
   */
  fetchRange(target: Descriptor, range: ByteRange, options?: OperationOptions): ByteStream;
}

/** Takes bytes by digest. */
export interface ContentWriter {
  /** All of `bytes` under `expected`, or nothing at all. */
  push(expected: Descriptor, bytes: ByteStream, options?: OperationOptions): Promise<void>;
}
