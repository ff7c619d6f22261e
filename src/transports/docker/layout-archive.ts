import { countBytes } from '../../content/count-bytes.ts';
import { bytesLocation } from '../../content/mapped-reader.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { canonicalJson } from '../../oci/canonical-json.ts';
import { bareDescriptor } from '../../oci/descriptor.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import { layerEncodingOf, MEDIA_TYPES } from '../../oci/media-types.ts';
import { formatReference } from '../../oci/reference.ts';
import type { TarInput } from '../../tar/pack-tar.ts';
import type { ClassicArchive, PlatformImage } from './classic-archive.ts';

const MARKER = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}');

/**
 * The files of an OCI layout for the containerd store: all documents in their own bytes, so that digests stay, the
 * layers that the engine lacks, and at the very end index.json, without which the engine keeps nothing.
 */
export async function* layoutArchive(
  archive: Omit<ClassicArchive, 'readsZstd'>,
  options: OperationOptions = {},
): AsyncGenerator<TarInput, void> {
  yield { name: 'oci-layout', size: MARKER.byteLength, body: bytesLocation(MARKER).open() };
  const unpacked = unpackedLayers(archive);
  const sent = new Set<Digest>(unpacked);
  for (const { image } of archive.images) {
    for (const target of heldDescriptors(image.graph)) {
      if (sent.has(target.digest)) continue;
      sent.add(target.digest);
      const isLayer = layerEncodingOf(target.mediaType) !== undefined;
      const bytes = image.content.fetch(target, options);
      const body = isLayer ? countBytes(bytes, archive.onSent) : bytes;
      yield { name: `blobs/sha256/${hexOf(target.digest)}`, size: target.size, body };
    }
  }
  const index = indexJson(archive.images);
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

function indexJson(images: readonly PlatformImage[]): Uint8Array {
  const manifests = images.map(({ image }) => {
    const name = formatReference(image.reference);
    return {
      ...bareDescriptor(image.root),
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    };
  });
  return canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
}
