import { compareStrings } from '../oci/compare.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { hexOf, type Digest } from '../oci/digest.ts';
import { formatDockerManifest } from '../oci/docker-manifest.ts';
import { formatLayoutIndex, namedDescriptor, type NamedRoot } from '../oci/layout-documents.ts';
import { isImageConfigType } from '../oci/media-types.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { BundleImage, BundleManifest } from './bundle-index.ts';

/** Where a blob is in the archive. */
export function blobPathOf(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** `index.json`, which containerd, Docker's containerd store and skopeo's oci-archive read. */
export function formatIndexJson(images: readonly NamedRoot[]): Uint8Array {
  return formatLayoutIndex(images.map(namedDescriptor));
}

/** An image as classic Docker stores, podman and skopeo's docker-archive read it. */
export interface DockerViewImage {
  readonly reference: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * `manifest.json`: one item for each config, with all its names. Images known only by digest have no name there, since
 * engines refuse a digest among the tags.
 */
export function formatManifestJson(images: readonly DockerViewImage[]): Uint8Array {
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
  return formatDockerManifest([...items.values()]);
}

/** `images.txt`: tab-separated reference, root digest, image ID, platform, origin; one line per carried platform. */
export function formatImagesTxt(
  images: readonly BundleImage[],
  absent: ReadonlySet<Digest>,
): Uint8Array {
  const lines = images.flatMap((image) =>
    image.manifests
      .filter((manifest) => isRunnable(manifest) && isCarried(manifest, absent))
      .map(({ config, platform }) =>
        [
          image.reference,
          image.root.digest,
          config.digest,
          formatPlatform(platform),
          originOf(image),
        ].join('\t'),
      ),
  );
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
}

/** True when the archive holds every layer of the manifest. */
export function isCarried(manifest: BundleManifest, absent: ReadonlySet<Digest>): boolean {
  return manifest.layers.every(({ descriptor }) => !absent.has(descriptor.digest));
}

/** True for images, whose layers have diffIDs; attestations and other artifacts have none. */
export function isRunnable({ layers, config }: BundleManifest): boolean {
  return isImageConfigType(config.mediaType) && layers.every(({ diffID }) => diffID !== undefined);
}

/** Orders images as every document of a kit lists them. */
export function compareImages(
  a: { readonly reference: string },
  b: { readonly reference: string },
): number {
  return compareStrings(a.reference, b.reference);
}

function originOf({ from, original }: BundleImage): string {
  return `${from} ${original}`;
}
