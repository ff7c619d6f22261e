import type { Descriptor } from '../oci/descriptor.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** Reads bytes by digest. */
export interface ContentReader {
  /**
   * The bytes of `target`. Nothing is read before iteration begins; the stream throws rather than end on wrong bytes.
   *
   * @throws AirkitError BLOB_MISSING, DIGEST_MISMATCH, SIZE_MISMATCH, or the medium's own failure, while iterated
   */
  fetch(target: Descriptor, options?: OperationOptions): ByteStream;
  /**
   * True when the medium holds `target`. Bytes are not read.
   *
   * @throws AirkitError SIZE_MISMATCH from sources that hold it in another size: damaged is not the same as absent
   */
  has(target: Descriptor, options?: OperationOptions): Promise<boolean>;
}

/** Takes bytes by digest. */
export interface ContentWriter {
  /** All of `bytes` under `expected`, or nothing at all. */
  push(expected: Descriptor, bytes: ByteStream, options?: OperationOptions): Promise<void>;
}
