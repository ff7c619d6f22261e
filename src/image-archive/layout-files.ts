import { bytesLocation } from '../content/mapped-reader.ts';
import type { ByteStream } from '../content/operation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import {
  blobPathOf,
  formatLayoutIndex,
  namedDescriptor,
  OCI_LAYOUT_BYTES,
  type NamedRoot,
} from '../oci/layout-documents.ts';
import type { TarInput } from '../tar/pack-tar.ts';

/** A blob on its way into an archive. */
export interface StreamedBlob {
  readonly target: Descriptor;
  /** Verified: it throws rather than end on wrong bytes. */
  readonly body: ByteStream;
}

/**
 * The files of an OCI layout (OCI image-spec image-layout.md): blobs in the order given, and at the very end index.json,
 * without which an engine keeps nothing. Blobs that the reader of the archive has may be left out.
 */
export async function* layoutFiles(
  blobs: Iterable<StreamedBlob> | AsyncIterable<StreamedBlob>,
  images: readonly NamedRoot[],
): AsyncGenerator<TarInput, void> {
  yield smallFile('oci-layout', OCI_LAYOUT_BYTES);
  for await (const { target, body } of blobs)
    yield { name: blobPathOf(target.digest), size: target.size, body };
  yield smallFile('index.json', formatLayoutIndex(images.map(namedDescriptor)));
}

/** A file whose bytes are in memory. */
export function smallFile(name: string, bytes: Uint8Array): TarInput {
  return { name, size: bytes.byteLength, body: bytesLocation(bytes).open() };
}
