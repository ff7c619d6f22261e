import { countBytes } from '../../content/count-bytes.ts';
import { bytesLocation } from '../../content/mapped-reader.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import {
  formatLayoutIndex,
  namedDescriptor,
  OCI_LAYOUT_BYTES,
} from '../../oci/layout-documents.ts';
import { layerEncodingOf } from '../../oci/media-types.ts';
import { formatReference } from '../../oci/reference.ts';
import type { TarInput } from '../../tar/pack-tar.ts';
import type { ClassicArchive } from './classic-archive.ts';

/**
 * The files of an OCI layout for the containerd store: all documents in their own bytes, so that digests stay, the
 * layers that the engine lacks, and at the very end index.json, without which the engine keeps nothing.
 */
export async function* layoutArchive(
  archive: Omit<ClassicArchive, 'readsZstd'>,
  options: OperationOptions = {},
): AsyncGenerator<TarInput, void> {
  yield {
    name: 'oci-layout',
    size: OCI_LAYOUT_BYTES.byteLength,
    body: bytesLocation(OCI_LAYOUT_BYTES).open(),
  };
  const unpacked = unpackedLayers(archive);
  const sent = new Set<Digest>(unpacked);
  for (const { image } of archive.images) {
    for (const target of heldDescriptors(image.graph)) {
      if (sent.has(target.digest)) continue;
      sent.add(target.digest);
      const isLayer = layerEncodingOf(target.mediaType) !== undefined;
      const bytes = image.content.fetch(target, options);
      const onSent = (size: number): void => archive.onSent(size, image);
      const body = isLayer ? countBytes(bytes, onSent) : bytes;
      yield { name: `blobs/sha256/${hexOf(target.digest)}`, size: target.size, body };
    }
  }
  const named = archive.images.map(({ image }) =>
    namedDescriptor({ reference: formatReference(image.reference), root: image.root }),
  );
  const index = formatLayoutIndex(named);
  yield { name: 'index.json', size: index.byteLength, body: bytesLocation(index).open() };
}

/** Layers whose stack the engine has unpacked for each image that uses them. */
function unpackedLayers({ images, known }: Pick<ClassicArchive, 'images' | 'known'>): Set<Digest> {
  const has = new Set<Digest>();
  const lacks = new Set<Digest>();
  for (const { manifest } of images) {
    const chains = chainIds(manifest.layers.flatMap(({ diffId }) => diffId ?? []));
    for (const [position, { descriptor }] of manifest.layers.entries()) {
      const chain = chains[position];
      (chain !== undefined && known.has(chain) ? has : lacks).add(descriptor.digest);
    }
  }
  return new Set([...has].filter((digest) => !lacks.has(digest)));
}
