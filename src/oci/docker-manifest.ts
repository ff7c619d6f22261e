import { AirkitError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import {
  asArray,
  asObject,
  asString,
  asStrings,
  parseJson,
  refuseCaseVariants,
  type JsonValue,
} from './json.ts';
import { blobPathOf } from './layout-documents.ts';

/** One item of `manifest.json`, the table of contents of a Docker archive (moby image/tarexport). */
export interface DockerManifestItem {
  /** Path of the config in the archive. */
  readonly config: string;
  readonly repoTags: readonly string[];
  /** Paths of the layers in the archive, base first. */
  readonly layers: readonly string[];
  /** True when every layer is said to be stored uncompressed, as classic Docker stores from 25.0 on write it. */
  readonly uncompressedSources: boolean;
}

/** An item to be written. */
export type NewDockerItem = Omit<DockerManifestItem, 'uncompressedSources'>;

/** podman and skopeo refuse a larger `manifest.json` (containers/image internal/iolimits). In bytes. */
export const PORTABLE_DOCKER_MANIFEST_BYTES: number = 1024 * 1024;
/** containerd refuses a larger one (core/images/archive/importer.go). In bytes. */
export const MAX_DOCKER_MANIFEST_BYTES: number = 20 * 1024 * 1024;

const FIELDS = ['Config', 'RepoTags', 'Layers', 'Parent', 'LayerSources'];

/**
 * Reads `manifest.json`.
 *
 * @throws AirkitError CONTENT_INVALID, also for `null`, which old engines accept in silence
 */
export function parseDockerManifest(
  bytes: Uint8Array,
  where = 'manifest.json',
): DockerManifestItem[] {
  const value = parseJson(bytes, { where, maxBytes: MAX_DOCKER_MANIFEST_BYTES });
  if (value === null)
    throw new AirkitError('CONTENT_INVALID', `${where}: it is null, so it names no image`);
  return asArray(value, where).map((item, position) => parseItem(item, `${where}[${position}]`));
}

/** An image as classic Docker stores, podman and skopeo's docker-archive read it. */
export interface DockerViewImage {
  readonly reference: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * Items of `manifest.json` over blobs in `blobs/sha256`: one for each config, with all its names. Images known only by
 * digest have no name there, since engines refuse a digest among the tags.
 */
export function dockerItems(images: readonly DockerViewImage[]): NewDockerItem[] {
  const items = new Map<Digest, { config: string; repoTags: string[]; layers: string[] }>();
  for (const { reference, config, layers } of images) {
    const item = items.get(config.digest) ?? {
      config: blobPathOf(config.digest),
      repoTags: [],
      layers: layers.map(({ digest }) => blobPathOf(digest)),
    };
    if (!reference.includes('@')) item.repoTags.push(reference);
    items.set(config.digest, item);
  }
  return [...items.values()];
}

/** Compact bytes of `manifest.json`; without `LayerSources`, so that it stays small and stated facts stay few. */
export function formatDockerManifest(items: readonly NewDockerItem[]): Uint8Array {
  const plain = items.map(({ config, repoTags, layers }) => ({
    Config: config,
    RepoTags: repoTags,
    Layers: layers,
  }));
  return new TextEncoder().encode(JSON.stringify(plain));
}

function parseItem(value: JsonValue, where: string): DockerManifestItem {
  const object = asObject(value, where);
  refuseCaseVariants(object, FIELDS, where);
  return {
    config: asString(object['Config'], `${where}.Config`),
    repoTags: asStrings(object['RepoTags'] ?? [], `${where}.RepoTags`),
    layers: asStrings(object['Layers'] ?? [], `${where}.Layers`),
    uncompressedSources: areUncompressed(object['LayerSources'], `${where}.LayerSources`),
  };
}

function areUncompressed(value: JsonValue | undefined, where: string): boolean {
  if (value === undefined || value === null) return false;
  const sources = Object.values(asObject(value, where));
  const isUncompressed = (source: JsonValue | undefined): boolean => {
    const mediaType = asObject(source, where)['mediaType'];
    return typeof mediaType === 'string' && mediaType.endsWith('.tar');
  };
  return sources.length > 0 && sources.every(isUncompressed);
}
