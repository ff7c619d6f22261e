import type { OperationOptions } from '../../content/operation.ts';
import { collectBytes, MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import { verifyBytes } from '../../content/verify-bytes.ts';
import { AirkitError, isAirkitError } from '../../errors.ts';
import { blobPath, streamBlob, type BlobName } from './blobs.ts';
import type { Session } from './session.ts';

/**
 * Streams a blob, and checks it. A mirror that gave other bytes is not asked for it again: the context of the error then names
 * it under `passedOver`, and whoever can begin anew gets the blob from elsewhere.
 *
 * @throws AirkitError BLOB_MISSING, DIGEST_MISMATCH, SIZE_MISMATCH, SOURCE_FAILED, TARGET_FAILED while iterated
 */
export async function* readBlob(
  name: BlobName,
  options: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const served = new Set<Session>();
  const onServed = (session: Session): void => void served.add(session);
  try {
    yield* verifyBytes(name.target, streamBlob({ ...name, onServed }, options));
  } catch (error) {
    throw isAirkitError(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH')
      ? passOver(name, served, error)
      : error;
  }
}

function passOver(
  { client, target }: BlobName,
  served: ReadonlySet<Session>,
  error: AirkitError,
): AirkitError {
  const passed = [...served].filter((session) => client.passOver(session, blobPath(target)));
  if (passed.length === 0) return error;
  const hosts = passed.map(({ endpoint }) => endpoint.host).join(', ');
  return new AirkitError(error.code, `the mirror ${hosts}: ${error.message}`, {
    hint: 'The mirror is damaged: mend it, or take it out of "mirrors".',
    context: { ...error.context, passedOver: hosts },
    cause: error,
  });
}

/** A small blob, whole; mirrors that give other bytes are passed over. @throws as {@link readBlob} */
export async function readSmallBlob(
  name: BlobName,
  options: OperationOptions,
): Promise<Uint8Array> {
  for (;;) {
    try {
      return await collectBytes(readBlob(name, options), MAX_DOCUMENT_BYTES);
    } catch (error) {
      if (!isPassedOver(error)) throw error;
      options.onProgress?.({
        kind: 'warning',
        message: `${error.message}; it is taken from elsewhere`,
      });
    }
  }
}

function isPassedOver(error: unknown): error is AirkitError {
  return error instanceof AirkitError && error.context['passedOver'] !== undefined;
}
