import type { Readable } from 'node:stream';
import { countBytes } from '../../content/count-bytes.ts';
import type { TargetImage } from '../../content/image.ts';
import { bytesLocation } from '../../content/mapped-reader.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { hexOf } from '../../oci/digest.ts';
import type { GraphManifest } from '../../oci/image-graph.ts';
import {
  formatLayoutIndex,
  namedDescriptor,
  OCI_LAYOUT_BYTES,
} from '../../oci/layout-documents.ts';
import { packTar, type TarInput } from '../../tar/pack-tar.ts';

export interface ImageArchive {
  readonly image: TargetImage;
  /** The name that podman gives the image, with a tag or with a digest. */
  readonly name: string;
  /**
   * The manifest whose layers go along; undefined where podman has them: it then looks for none of them in the archive
   * (containers/image reuses layers by their digest before it reads any).
   */
  readonly layersOf: GraphManifest | undefined;
  /** Called with the bytes of layers as they are sent. */
  readonly onSent: (bytes: number) => void;
}

/**
 * One image as an OCI archive: the only form in which podman keeps digests. It takes one image from such an archive,
 * and unpacks it in its folder for temporary files. index.json comes last, so a broken archive names nothing.
 */
export function packImageArchive(archive: ImageArchive, options: OperationOptions = {}): Readable {
  return packTar(filesOf(archive, options));
}

async function* filesOf(
  { image, name, layersOf, onSent }: ImageArchive,
  options: OperationOptions,
): AsyncGenerator<TarInput, void> {
  yield document('oci-layout', OCI_LAYOUT_BYTES);
  const { graph, content } = image;
  const documents = [
    ...graph.indexes,
    ...graph.manifests.flatMap(({ descriptor, config }) => [descriptor, config]),
  ];
  for (const target of unique(documents)) yield blob(target, content.fetch(target, options));
  const layers = layersOf?.layers.map(({ descriptor }) => descriptor) ?? [];
  for (const target of unique(layers))
    yield blob(target, countBytes(content.fetch(target, options), onSent));
  yield document(
    'index.json',
    formatLayoutIndex([namedDescriptor({ reference: name, root: image.root })]),
  );
}

function unique(targets: readonly Descriptor[]): Descriptor[] {
  return [...new Map(targets.map((target) => [target.digest, target])).values()];
}

function blob({ digest, size }: Descriptor, body: ByteStream): TarInput {
  return { name: `blobs/sha256/${hexOf(digest)}`, size, body };
}

function document(name: string, bytes: Uint8Array): TarInput {
  return { name, size: bytes.byteLength, body: bytesLocation(bytes).open() };
}
