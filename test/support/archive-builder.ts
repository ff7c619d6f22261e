/** Images as the archives that other tools write: a list of files first, so that tests can damage it, then a tar. */
import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf, hexOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { jsonBytes, manifestRoot } from './image-builder.ts';
import type { BuiltImage, BuiltRoot, TarFile } from './image-builder.ts';

/** What an archive may be wrapped in. */
export const outerCompressions = ['none', 'gzip', 'zstd', 'bzip2', 'xz'] as const;
export type OuterCompression = (typeof outerCompressions)[number];

/** False where the system lacks the tool that compresses; `none` and `gzip` always work. */
export function canCompress(compression: OuterCompression): boolean {
  if (compression === 'none' || compression === 'gzip') return true;
  return spawnSync(compression, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export function compressWith(compression: OuterCompression, bytes: Buffer): Buffer {
  if (compression === 'none') return bytes;
  if (compression === 'gzip') return gzipSync(bytes);
  return execFileSync(compression, ['-c'], { input: bytes, maxBuffer: 2 ** 28 });
}

/** Files of an OCI layout, in the order in which containerd exports them. */
export function ociLayoutFiles(roots: readonly BuiltRoot[]): TarFile[] {
  return [
    { name: 'blobs/' },
    { name: 'blobs/sha256/' },
    ...blobFiles(roots),
    { name: 'index.json', body: indexJson(roots) },
    { name: 'oci-layout', body: jsonBytes({ imageLayoutVersion: '1.0.0' }) },
  ];
}

/** Writes files into a folder. */
export async function writeFiles(folder: string, files: readonly TarFile[]): Promise<void> {
  for (const { name, body } of files) {
    const path = join(folder, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, body ?? Buffer.alloc(0));
  }
}

/** The shapes that docker-archive readers meet. All of them hold the same images in the end. */
export const dockerArchiveShapes: Readonly<
  Record<string, (images: readonly BuiltImage[]) => TarFile[]>
> = {
  'docker 20.10': docker20Files,
  'docker 25': docker25Files,
  podman: podmanFiles,
  kaniko: kanikoFiles,
};

/** `docker save` up to 24: a folder per layer of a chain, equal layers of other chains as links, all in lexical order. */
export function docker20Files(images: readonly BuiltImage[]): TarFile[] {
  const files = new Map<string, TarFile>();
  const layerFolders = new Map<Digest, string>();
  const items = images.map((image) => {
    files.set(`${hexOf(image.imageId)}.json`, file(`${hexOf(image.imageId)}.json`, image.config));
    const paths = image.layers.map(({ tar, diffId }, position) => {
      const folder = v1Id(image.diffIds.slice(0, position + 1));
      if (!files.has(`${folder}/`)) {
        const stored = layerFolders.get(diffId);
        const body = stored === undefined ? { body: tar } : { linkTo: `../${stored}/layer.tar` };
        layerFolders.set(diffId, stored ?? folder);
        for (const one of v1Files(folder)) files.set(one.name, one);
        files.set(`${folder}/layer.tar`, { name: `${folder}/layer.tar`, ...body });
      }
      return `${folder}/layer.tar`;
    });
    return manifestItem(image, `${hexOf(image.imageId)}.json`, paths);
  });
  return sorted([
    ...files.values(),
    file('manifest.json', jsonBytes(items)),
    file('repositories', jsonBytes({})),
  ]);
}

/** `docker save` of classic stores since 25: an OCI layout over plain layers that also has a manifest.json. */
export function docker25Files(images: readonly BuiltImage[]): TarFile[] {
  const roots = images.map((image) => manifestRoot(image, 'none'));
  const orphans = images.map((image) => jsonBytes({ id: v1Id(image.diffIds), os: 'linux' }));
  const items = images.map((image) => ({
    ...manifestItem(image, blobPath(image.imageId), image.diffIds.map(blobPath)),
    LayerSources: Object.fromEntries(
      image.layers.map(({ tar, diffId }) => [
        diffId,
        { mediaType: MEDIA_TYPES.ociLayer, size: tar.byteLength, digest: diffId },
      ]),
    ),
  }));
  return sorted([
    ...ociLayoutFiles(roots),
    ...orphans.map((bytes) => file(blobPath(digestOf(bytes)), bytes)),
    file('manifest.json', jsonBytes(items)),
    file('repositories', jsonBytes({})),
  ]);
}

/** `podman save`: plain layers named by diffID, and links to them from the folders of Docker before 1.10. */
export function podmanFiles(images: readonly BuiltImage[]): TarFile[] {
  const files = new Map<string, TarFile>();
  for (const { layers, diffIds, imageId, config } of images) {
    for (const [position, { tar, diffId }] of layers.entries()) {
      const folder = v1Id(diffIds.slice(0, position + 1));
      files.set(`${hexOf(diffId)}.tar`, file(`${hexOf(diffId)}.tar`, tar));
      for (const one of v1Files(folder)) files.set(one.name, one);
      const link = { name: `${folder}/layer.tar`, linkTo: `../${hexOf(diffId)}.tar` };
      files.set(link.name, link);
    }
    files.set(`${hexOf(imageId)}.json`, file(`${hexOf(imageId)}.json`, config));
  }
  const items = images.map((image) => ({
    ...manifestItem(
      image,
      `${hexOf(image.imageId)}.json`,
      image.diffIds.map((diffId) => `${hexOf(diffId)}.tar`),
    ),
    RepoTags: image.names.map(canonical),
  }));
  return [...files.values(), file('manifest.json', jsonBytes(items))];
}

/** kaniko and `crane pull`: layers with gzip, and a config whose name is its digest. */
export function kanikoFiles(images: readonly BuiltImage[]): TarFile[] {
  const files = new Map<string, TarFile>();
  const items = images.map((image) => {
    files.set(image.imageId, file(image.imageId, image.config));
    const paths = image.layers.map(({ gzip }) => {
      const name = `${hexOf(digestOf(gzip))}.tar.gz`;
      files.set(name, file(name, gzip));
      return name;
    });
    return manifestItem(image, image.imageId, paths);
  });
  return [...files.values(), file('manifest.json', jsonBytes(items))];
}

function indexJson(roots: readonly BuiltRoot[]): Buffer {
  const manifests = roots.map(({ name, descriptor }) => ({
    ...descriptor,
    ...(name === undefined ? {} : { annotations: nameAnnotations(name) }),
  }));
  return jsonBytes({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
}

/** containerd's annotation holds the full name, OCI's only the tag. */
function nameAnnotations(name: string): Record<string, string> {
  return {
    'io.containerd.image.name': canonical(name),
    'org.opencontainers.image.ref.name': parseReference(name).tag ?? 'latest',
  };
}

function blobFiles(roots: readonly BuiltRoot[]): TarFile[] {
  const blobs = new Map(roots.flatMap((root) => [...root.blobs]));
  return sorted([...blobs].map(([digest, bytes]) => file(blobPath(digest), bytes)));
}

function manifestItem(
  { names }: BuiltImage,
  config: string,
  layers: readonly string[],
): Record<string, unknown> {
  return { Config: config, RepoTags: names.length === 0 ? null : names, Layers: layers };
}

function v1Files(folder: string): TarFile[] {
  return [
    { name: `${folder}/` },
    file(`${folder}/VERSION`, Buffer.from('1.0')),
    file(`${folder}/json`, jsonBytes({ id: folder, os: 'linux' })),
  ];
}

function v1Id(diffIds: readonly Digest[]): string {
  return hexOf(digestOf(`v1 ${diffIds.join(' ')}`));
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

function canonical(name: string): string {
  return formatReference(parseReference(name));
}

function file(name: string, body: Buffer): TarFile {
  return { name, body };
}

function sorted(files: readonly TarFile[]): TarFile[] {
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
