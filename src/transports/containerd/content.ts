import { missingBlob } from '../../content/blob-folder.ts';
import type { ContentReader } from '../../content/content.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { collectBytes, MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import { verifyBytes } from '../../content/verify-bytes.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { streamCtr, type Containerd } from './ctr.ts';
import type { ImageRecord } from './store.ts';

/** Reads the content store of a namespace, of which `blobs` are known to be there. */
export function storeReader(store: Containerd, blobs: ReadonlySet<Digest>): ContentReader {
  return {
    has: async ({ digest }) => blobs.has(digest),
    fetch: (target, options) => fetchBlob({ store, blobs, target }, options),
  };
}

/**
 * The root of an image record, not verified yet. ctr tells a blob's size only rounded, so the document is read for it.
 *
 * @throws AirkitError SOURCE_FAILED, CONTENT_INVALID for more than a document may have
 */
export async function readRoot(
  store: Containerd,
  { mediaType, digest }: ImageRecord,
  options: OperationOptions = {},
): Promise<Descriptor> {
  const bytes = await collectBytes(readBlob(store, digest, options), MAX_DOCUMENT_BYTES);
  return { mediaType, digest, size: bytes.byteLength };
}

interface BlobRequest {
  readonly store: Containerd;
  readonly blobs: ReadonlySet<Digest>;
  readonly target: Descriptor;
}

async function* fetchBlob(
  { store, blobs, target }: BlobRequest,
  options: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  if (!blobs.has(target.digest)) throw missingBlob(target, `containerd:${store.namespace}`);
  yield* verifyBytes(target, readBlob(store, target.digest, options));
}

function readBlob(
  store: Containerd,
  digest: Digest,
  options: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  return streamCtr(store, { what: `read ${digest}`, args: ['content', 'get', digest] }, options);
}
