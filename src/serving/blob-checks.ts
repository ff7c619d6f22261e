import pLimit from 'p-limit';
import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/** Blobs read at once only to check them. */
const CONCURRENT_CHECKS = 2;

/** Remembers which blobs were read whole and found good. */
export interface BlobChecks {
  /**
   * Resolves once a blob is known to be good: reads it whole the first time, and not again. Those who ask for the same
   * blob meanwhile wait for the same reading.
   *
   * @throws AirkitError DIGEST_MISMATCH and whatever else the reader throws
   */
  require(blob: Descriptor): Promise<void>;
  /** Tells of a blob that was just read whole and found good. */
  passed(blob: Descriptor): void;
}

/** Checks of blobs for the life of one server. */
export function createBlobChecks(content: ContentReader, options: OperationOptions): BlobChecks {
  const limit = pLimit(CONCURRENT_CHECKS);
  const known = new Map<Digest, Promise<void>>();
  const read = async (blob: Descriptor): Promise<void> => {
    // oxlint-disable-next-line no-unused-vars -- reading checks
    for await (const _ of content.fetch(blob, options));
  };
  return {
    passed: ({ digest }) => known.set(digest, Promise.resolve()),
    require: async (blob) => {
      const running = known.get(blob.digest) ?? limit(async () => read(blob));
      known.set(blob.digest, running);
      try {
        await running;
      } catch (error) {
        if (known.get(blob.digest) === running) known.delete(blob.digest);
        throw error;
      }
    },
  };
}
