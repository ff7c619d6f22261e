import type { Readable } from 'node:stream';
import { AirkitError, isAirkitError, messageOf, type ErrorCode } from '../../errors.ts';
import type { ListedContainer } from '../../content/container.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import type { ContainerAnswer } from '../../content/parse-container.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  asStringMap,
  asStrings,
  parseJson,
  type JsonValue,
} from '../../oci/json.ts';
import { normalizePlatform, type Platform } from '../../oci/platform.ts';
import type { Reference } from '../../oci/reference.ts';

/** Environment variables that podman's own client reads. */
export type PodmanEnvironment = Readonly<Record<string, string | undefined>>;

/** Which side of a copy podman is on: its failures are the source's or the target's. */
export type PodmanSide = 'source' | 'target';

/** How podman is reached, as messages name it. */
export interface PodmanPlace {
  /** `unix:///run/podman/podman.sock`, or the command. */
  readonly address: string;
  readonly side: PodmanSide;
}

/** An image in podman's list. */
export interface ListedPodmanImage {
  readonly id: Digest;
  /** With a tag or with a digest, the registry always written. */
  readonly names: readonly string[];
}

/** One image, inspected. */
export interface PodmanImage {
  /** Digest of the config. */
  readonly id: Digest;
  readonly repoTags: readonly string[];
  /** Every name with every digest that podman knows of the image: of the manifest, and of the index it came by. */
  readonly repoDigests: readonly string[];
  readonly diffIds: readonly Digest[];
  readonly platform: Platform;
  /** Bytes of all layers, uncompressed. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** An image in a registry that podman is to pull. */
export interface PullRequest {
  readonly reference: Reference;
  /** Which manifest of an index; undefined for a single manifest. */
  readonly platform: Platform | undefined;
}

/** Containers as podman's Docker API tells of them: its own joins the words of an entrypoint. */
export interface PodmanContainers {
  list(options?: OperationOptions): Promise<ListedContainer[]>;
  inspect(id: string, options?: OperationOptions): Promise<ContainerAnswer>;
  export(id: string, options?: OperationOptions): ByteStream;
}

/** What podman tells of itself. */
export interface PodmanFacts {
  /** What it runs by default. */
  readonly platform: Platform;
  /** Name of the machine that it runs on. */
  readonly hostname: string | undefined;
  /** Where its images are, on that machine. */
  readonly graphRoot: string | undefined;
}

/** Podman, over its socket or its command: both do the same. Failures are SOURCE_FAILED or TARGET_FAILED. */
export interface Podman extends PodmanPlace, PodmanFacts, AsyncDisposable {
  /** Every image, also those without a name, and lists of manifests. */
  list(options?: OperationOptions): Promise<ListedPodmanImage[]>;
  /** Images by name or ID; what podman does not have, or what is no image, is not in the result. */
  inspect(
    names: readonly string[],
    options?: OperationOptions,
  ): Promise<ReadonlyMap<string, PodmanImage>>;
  /** Sizes of an image's history entries in bytes, newest first. */
  historySizes(id: Digest, options?: OperationOptions): Promise<number[]>;
  /** Pulls from a registry without TLS. */
  pull(request: PullRequest, options?: OperationOptions): Promise<void>;
  /** Loads one archive; an error of the archive's own stream is thrown as it is. */
  load(archive: Readable, options?: OperationOptions): Promise<void>;
  /** Gives an image a further name, which must have a tag; the name leaves the image that had it. */
  tag(image: string, name: Reference, options?: OperationOptions): Promise<void>;
  /** Takes a name away; the image stays. */
  untag(name: Reference, options?: OperationOptions): Promise<void>;
  /** Over its socket only. */
  readonly containers?: PodmanContainers | undefined;
  /** Streams a Docker archive of some images. Closing the stream early ends the export. */
  save(ids: readonly Digest[], options?: OperationOptions): ByteStream;
}

/** Lists of thousands of images are this large, in bytes. */
export const MAX_ANSWER_BYTES: number = 64 * 1024 * 1024;

/** The error for something that podman did not do. */
export function podmanFailure(place: PodmanPlace, what: string, error: unknown): Error {
  if (isAirkitError(error, 'SOURCE_FAILED', 'TARGET_FAILED')) return error;
  const code: ErrorCode = place.side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED';
  return new AirkitError(
    code,
    `podman at ${place.address}: cannot ${what}: ${messageOf(error).trim()}`,
    { context: { address: place.address }, cause: error },
  );
}

/** Reads podman's answer with one of the functions below; an answer in another shape is podman's failure. */
export function readAnswer<T>(
  place: PodmanPlace,
  bytes: Uint8Array,
  read: (value: JsonValue) => T,
): T {
  try {
    return read(parseJson(bytes, { where: 'its answer', maxBytes: MAX_ANSWER_BYTES }));
  } catch (error) {
    throw podmanFailure(place, 'be understood', error);
  }
}

/** `podman info`. */
export function parseInfo(value: JsonValue): PodmanFacts {
  const info = asObject(value, 'info');
  const host = asObject(info['host'], 'info.host');
  const { variant, hostname } = host;
  const { graphRoot } = asObject(info['store'] ?? {}, 'info.store');
  return {
    platform: normalizePlatform({
      os: asString(host['os'], 'info.host.os'),
      architecture: asString(host['arch'], 'info.host.arch'),
      ...(typeof variant === 'string' && variant !== '' ? { variant } : {}),
    }),
    hostname: textOf(hostname),
    graphRoot: textOf(graphRoot),
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `podman images`: the command repeats an image for each of its names. */
export function parseList(value: JsonValue): ListedPodmanImage[] {
  const images = asArray(value, 'images').map((item): [Digest, ListedPodmanImage] => {
    const image = asObject(item, 'image');
    const id = parseId(image['Id']);
    return [id, { id, names: asStrings(image['Names'] ?? [], 'Names') }];
  });
  return [...new Map(images).values()];
}

/** One image of `podman image inspect`. */
export function parseImage(value: JsonValue): PodmanImage {
  const image = asObject(value, 'image');
  const layers = asStrings(asObject(image['RootFS'] ?? {}, 'RootFS')['Layers'] ?? [], 'Layers');
  return {
    id: parseId(image['Id']),
    repoTags: asStrings(image['RepoTags'] ?? [], 'RepoTags'),
    repoDigests: asStrings(image['RepoDigests'] ?? [], 'RepoDigests'),
    diffIds: layers.map((layer) => parseDigest(layer, 'diff ID')),
    platform: normalizePlatform({
      os: asString(image['Os'], 'Os'),
      architecture: asString(image['Architecture'], 'Architecture'),
    }),
    size: asSize(image['Size'] ?? 0, 'Size'),
    labels: asStringMap(image['Labels'] ?? {}, 'Labels'),
  };
}

/**
 * True for the image that a name or ID stands for. Podman also finds an image by a digest and a name that it has lost:
 * that does not count.
 */
export function isCalled({ id, repoTags, repoDigests }: PodmanImage, name: string): boolean {
  return id === name || repoTags.includes(name) || repoDigests.includes(name);
}

/** `podman history`: the command writes `size`, the API `Size`. */
export function parseHistorySizes(value: JsonValue): number[] {
  return asArray(value, 'history').map((item) => {
    const entry = asObject(item, 'history entry');
    return asSize(entry['size'] ?? entry['Size'] ?? 0, 'size');
  });
}

/** Podman writes IDs without the algorithm. */
function parseId(value: JsonValue | undefined): Digest {
  const text = asString(value, 'Id');
  return parseDigest(text.startsWith('sha256:') ? text : `sha256:${text}`, 'image ID');
}
