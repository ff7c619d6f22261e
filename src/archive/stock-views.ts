import { compareStrings } from '../oci/compare.ts';
import type { Digest } from '../oci/digest.ts';
import { dockerItems, formatDockerManifest, type DockerViewImage } from '../oci/docker-manifest.ts';
import { formatLayoutIndex, namedDescriptor, type NamedRoot } from '../oci/layout-documents.ts';
import { isImageConfigType } from '../oci/media-types.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { BundleImage, BundleManifest } from './bundle-index.ts';

export { blobPathOf } from '../oci/layout-documents.ts';

/** `index.json`, which containerd, Docker's containerd store and skopeo's oci-archive read. */
export function formatIndexJson(images: readonly NamedRoot[]): Uint8Array {
  return formatLayoutIndex(images.map(namedDescriptor));
}

/** `manifest.json`, which classic Docker stores, podman and skopeo's docker-archive read. */
export function formatManifestJson(images: readonly DockerViewImage[]): Uint8Array {
  return formatDockerManifest(dockerItems(images));
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
