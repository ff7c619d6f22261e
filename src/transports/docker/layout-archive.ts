import { countBytes, expectBlobs, reportBytes } from '../../content/count-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { layoutFiles, type StreamedBlob } from '../../image-archive/layout-files.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import { layerEncodingOf } from '../../oci/media-types.ts';
import { formatReference } from '../../oci/reference.ts';
import type { TarInput } from '../../tar/pack-tar.ts';
import type { ClassicArchive } from './classic-archive.ts';

/**
 * The files of an OCI layout for the containerd store: all documents in their own bytes, so that digests stay, the
 * layers that the engine lacks, and at the very end index.json, without which the engine keeps nothing.
 */
export function layoutArchive(
  archive: Omit<ClassicArchive, 'readsZstd'>,
  options: OperationOptions = {},
): AsyncGenerator<TarInput, void> {
  const images = archive.images.map(({ image }) => ({
    reference: formatReference(image.reference),
    root: image.root,
  }));
  return layoutFiles(lackingBlobs(archive, options), images);
}

async function* lackingBlobs(
  archive: Omit<ClassicArchive, 'readsZstd'>,
  options: OperationOptions,
): AsyncGenerator<StreamedBlob, void> {
  const sent = new Set<Digest>(unpackedLayers(archive));
  const held = archive.images.flatMap(({ image }) => heldDescriptors(image.graph).filter(isLayer));
  expectBlobs(
    held.filter(({ digest }) => !sent.has(digest)),
    options,
  );
  for (const { image, manifest } of archive.images) {
    const own = new Set(manifest.layers.map(({ descriptor }) => descriptor.digest));
    for (const target of heldDescriptors(image.graph)) {
      if (sent.has(target.digest)) continue;
      // What the engine does not run, other platforms and attestations, may be in nobody's hands: a thin kit left its
      // layers to the base.
      if (!own.has(target.digest) && !(await image.content.has(target, options))) continue;
      sent.add(target.digest);
      const bytes = image.content.fetch(target, options);
      const onSent = (size: number): void => archive.onSent(size, image);
      const body = isLayer(target) ? countBytes(reportBytes(bytes, options), onSent) : bytes;
      yield { target, body };
    }
  }
}

function isLayer({ mediaType }: Descriptor): boolean {
  return layerEncodingOf(mediaType) !== undefined;
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
