/** Small images in memory, made from seeds: the same seeds give the same bytes on every run and machine. */
import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';

export interface BuiltLayer {
  readonly tar: Buffer;
  readonly gzip: Buffer;
  readonly diffId: Digest;
}

export interface BuiltImage {
  /** As `docker images` shows them; none for an image without a name. */
  readonly names: readonly string[];
  readonly config: Buffer;
  readonly imageId: Digest;
  readonly diffIds: readonly Digest[];
  /** Base first. */
  readonly layers: readonly BuiltLayer[];
  readonly platform: { readonly os: string; readonly architecture: string };
}

export interface ImageRecipe {
  readonly names?: readonly string[];
  /** One layer for each seed, base first: equal seeds are equal layers. */
  readonly layers: readonly number[];
  readonly architecture?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An OCI manifest or index with everything that it reaches. */
export interface BuiltRoot {
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

/** An entry of a tar: a file, a folder where the name ends in a slash, or a symbolic link. */
export interface TarFile {
  readonly name: string;
  readonly body?: Buffer;
  readonly linkTo?: string;
}

/** Packs files in the order given, as tar-stream writes them. */
export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, body, linkTo } of files) {
    const header = { name, mtime: new Date(0) };
    if (linkTo !== undefined) tar.entry({ ...header, type: 'symlink', linkname: linkTo });
    else if (name.endsWith('/')) tar.entry({ ...header, type: 'directory' });
    else tar.entry(header, body ?? Buffer.alloc(0));
  }
  tar.finalize();
  return buffer(tar);
}

export async function buildImage(recipe: ImageRecipe): Promise<BuiltImage> {
  const { names = [], architecture = 'amd64', labels = {} } = recipe;
  const layers = await Promise.all(recipe.layers.map(buildLayer));
  const diffIds = layers.map(({ diffId }) => diffId);
  const config = jsonBytes({
    architecture,
    config: { Cmd: ['/bin/app'], Labels: labels },
    created: '1970-01-01T00:00:00Z',
    history: diffIds.map(() => ({ created_by: 'image-builder' })),
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const platform = { os: 'linux', architecture };
  return { names, config, imageId: digestOf(config), diffIds, layers, platform };
}

/** A layer's tar: a folder, a text file, a file of noise and a link. */
export async function buildLayer(seed: number): Promise<BuiltLayer> {
  const bytes = await tarOf([
    { name: `layer-${seed}/` },
    { name: `layer-${seed}/text`, body: Buffer.from(`layer ${seed}\n`.repeat(200)) },
    { name: `layer-${seed}/noise`, body: makeNoise(3000 + seed, seed) },
    { name: `layer-${seed}/link`, linkTo: 'text' },
  ]);
  return { tar: bytes, gzip: gzipSync(bytes), diffId: digestOf(bytes) };
}

/** An image as an OCI manifest; its layers are stored with gzip or plain. */
export function manifestRoot(image: BuiltImage, encoding: 'gzip' | 'none' = 'gzip'): BuiltRoot {
  const layerType = encoding === 'gzip' ? `${MEDIA_TYPES.ociLayer}+gzip` : MEDIA_TYPES.ociLayer;
  const layers = image.layers.map(({ tar, gzip }) => (encoding === 'gzip' ? gzip : tar));
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptorOf(MEDIA_TYPES.ociConfig, image.config),
    layers: layers.map((bytes) => descriptorOf(layerType, bytes)),
  });
  return {
    name: image.names[0],
    descriptor: descriptorOf(MEDIA_TYPES.ociManifest, manifest),
    blobs: blobsOf(manifest, image.config, ...layers),
  };
}

/** An index over images of several platforms, each with an attestation manifest as BuildKit makes it. */
export function indexRoot(name: string, images: readonly BuiltImage[]): BuiltRoot {
  const manifests = images.map((image) => manifestRoot(image));
  const attestations = manifests.map(({ descriptor }) => attestationOf(descriptor));
  const index = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: [
      ...manifests.map(({ descriptor }, position) => ({
        ...descriptor,
        platform: images[position]?.platform,
      })),
      ...attestations.map(({ descriptor }) => descriptor),
    ],
  });
  const parts = [...manifests, ...attestations].flatMap(({ blobs }) => Array.from(blobs));
  const descriptor = descriptorOf(MEDIA_TYPES.ociIndex, index);
  return { name, descriptor, blobs: new Map([...parts, [descriptor.digest, index]]) };
}

/** A descriptor of bytes. */
export function descriptorOf(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Bytes that do not compress (xorshift32). */
export function makeNoise(size: number, seed: number): Buffer {
  const noise = Buffer.alloc(size);
  let state = (seed * 2_654_435_761) | 1;
  for (let position = 0; position < size; position += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[position] = state & 0xff;
  }
  return noise;
}

function attestationOf(subject: Descriptor): BuiltRoot {
  const config = jsonBytes({ architecture: 'unknown', os: 'unknown', config: {}, rootfs: {} });
  const statement = jsonBytes({ _type: 'https://in-toto.io/Statement/v0.1', of: subject.digest });
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptorOf(MEDIA_TYPES.ociConfig, config),
    layers: [descriptorOf('application/vnd.in-toto+json', statement)],
  });
  const descriptor = {
    ...descriptorOf(MEDIA_TYPES.ociManifest, manifest),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.digest': subject.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
  return { name: undefined, descriptor, blobs: blobsOf(manifest, config, statement) };
}

function blobsOf(...parts: readonly Buffer[]): Map<Digest, Buffer> {
  return new Map(parts.map((bytes) => [digestOf(bytes), bytes]));
}
