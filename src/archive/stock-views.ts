import { compareStrings } from '../oci/compare.ts';
import type { Digest } from '../oci/digest.ts';
import { dockerItems, formatDockerManifest, type DockerViewImage } from '../oci/docker-manifest.ts';
import { formatLayoutIndex, namedDescriptor, type NamedRoot } from '../oci/layout-documents.ts';
import { isImageConfigType } from '../oci/media-types.ts';
import { formatPlatform } from '../oci/platform.ts';
import { leftOutByPlatform } from './bundle-bases.ts';
import type { AbsentBlob, BundleImage, BundleManifest } from './bundle-index.ts';

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
  absent: readonly AbsentBlob[],
): Uint8Array {
  const left = leftOutByPlatform(absent);
  const lines = images.flatMap((image) =>
    image.manifests
      .filter((manifest) => isRunnable(manifest) && isCarried(manifest, left))
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

/** True when the archive holds every layer of the manifest, or leaves it to its bases. @param left by platform */
export function isCarried(manifest: BundleManifest, left: ReadonlySet<Digest>): boolean {
  return manifest.layers.every(({ descriptor }) => !left.has(descriptor.digest));
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
