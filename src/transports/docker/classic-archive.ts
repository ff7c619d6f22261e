import { countBytes, expectBlobs, reportBytes } from '../../content/count-bytes.ts';
import { bytesLocation } from '../../content/mapped-reader.ts';
import type { TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { decompress } from '../../compression/decompress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatDockerManifest } from '../../oci/docker-manifest.ts';
import { chainIds } from '../../oci/image-config.ts';
import type { GraphLayer, GraphManifest } from '../../oci/image-graph.ts';
import { blobPathOf } from '../../oci/layout-documents.ts';
import { layerEncodingOf } from '../../oci/media-types.ts';
import { formatReference } from '../../oci/reference.ts';
import type { TarInput } from '../../tar/pack-tar.ts';

/** An image and the manifest of it that an engine is to run. */
export interface PlatformImage {
  readonly image: TargetImage;
  readonly manifest: GraphManifest;
}

export interface ClassicArchive {
  readonly images: readonly PlatformImage[];
  /** Layer stacks that the engine has; their layers are left out. */
  readonly known: ReadonlySet<Digest>;
  /** False for engines before 23.0, which cannot read zstd layers: they are sent uncompressed. */
  readonly readsZstd: boolean;
  /** Called with the bytes of layers as the engine gets them, and the first image that has the layer. */
  readonly onSent: (bytes: number, image: TargetImage) => void;
}

/**
 * The files of a Docker archive for the classic store: configs, the layers whose chain the engine lacks, and at the very
 * end manifest.json, without which the engine does nothing.
 */
export async function* classicArchive(
  archive: ClassicArchive,
  options: OperationOptions = {},
): AsyncGenerator<TarInput, void> {
  const sent = new Set<string>();
  expectBlobs(layersToSend(archive), options);
  for (const { image, manifest } of archive.images) {
    const config = pathOf(manifest.config);
    if (!sent.has(config))
      yield {
        name: config,
        size: manifest.config.size,
        body: image.content.fetch(manifest.config, options),
      };
    sent.add(config);
    const chains = chainIds(manifest.layers.flatMap(({ diffId }) => diffId ?? []));
    for (const [position, layer] of manifest.layers.entries()) {
      const chain = chains[position];
      const name = pathOf(layer.descriptor);
      if (sent.has(name) || (chain !== undefined && archive.known.has(chain))) continue;
      sent.add(name);
      yield await layerFile({ name, layer, image, archive }, options);
    }
  }
  const table = formatDockerManifest(
    archive.images.map(({ image, manifest }) => ({
      config: pathOf(manifest.config),
      repoTags: image.reference.digest === undefined ? [formatReference(image.reference)] : [],
      layers: manifest.layers.map(({ descriptor }) => pathOf(descriptor)),
    })),
  );
  yield { name: 'manifest.json', size: table.byteLength, body: bytesLocation(table).open() };
}

/** Layers with a stack that the engine does not have. */
export function layersToSend({
  images,
  known,
}: Pick<ClassicArchive, 'images' | 'known'>): Descriptor[] {
  return images.flatMap(({ manifest: { layers } }) => {
    const chains = chainIds(layers.flatMap(({ diffId }) => diffId ?? []));
    return layers.flatMap(({ descriptor }, position) => {
      const chain = chains[position];
      return chain !== undefined && known.has(chain) ? [] : [descriptor];
    });
  });
}

interface LayerRequest {
  readonly name: string;
  readonly layer: GraphLayer;
  readonly image: TargetImage;
  readonly archive: ClassicArchive;
}

async function layerFile(
  { name, layer, image, archive }: LayerRequest,
  options: OperationOptions,
): Promise<TarInput> {
  const { descriptor, diffId } = layer;
  const stored = (): AsyncIterable<Uint8Array> => image.content.fetch(descriptor, options);
  const moving = (): AsyncIterable<Uint8Array> => reportBytes(stored(), options);
  const mustDecode = !archive.readsZstd && layerEncodingOf(descriptor.mediaType) === 'zstd';
  const onSent = (bytes: number): void => archive.onSent(bytes, image);
  if (!mustDecode) return { name, size: descriptor.size, body: countBytes(moving(), onSent) };
  const decoded = (bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
    decompress(bytes, { signal: options.signal, compression: 'zstd' });
  const known = diffId === undefined ? undefined : image.uncompressedSizes?.get(diffId);
  return {
    name,
    size: known ?? (await sizeOf(decoded(stored()))),
    body: countBytes(decoded(moving()), onSent),
  };
}

async function sizeOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of bytes) size += chunk.byteLength;
  return size;
}

function pathOf({ digest }: Descriptor): string {
  return blobPathOf(digest);
}
