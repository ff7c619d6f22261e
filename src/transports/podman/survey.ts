import type { TargetImage, TargetResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { heldPlatforms, type GraphManifest } from '../../oci/image-graph.ts';
import { formatPlatform, samePlatform, type Platform } from '../../oci/platform.ts';
import { canonicalName, formatReference, type Reference } from '../../oci/reference.ts';
import type { Podman, PodmanImage } from './podman.ts';

/** An image and the manifest of it that podman is to hold. */
export interface WantedImage {
  readonly image: TargetImage;
  readonly manifest: GraphManifest;
  /** What podman calls it: a reference with a tag, or with a digest alone. */
  readonly name: Reference;
}

export interface Surveyed {
  /** `skipped` for what is to be loaded. */
  readonly result: TargetResult;
  /** Undefined when there is nothing for this podman. */
  readonly wanted?: WantedImage | undefined;
}

/**
 * Compares images with what podman has. Present is what has the config and the digest of the kit under its name:
 * podman runs `name@digest` only for digests that it has seen.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function surveyImages(
  podman: Podman,
  images: readonly TargetImage[],
  options?: OperationOptions,
): Promise<Surveyed[]> {
  const names = images.map(({ reference }) => formatReference(podmanName(reference)));
  const found = await podman.inspect([...new Set(names)], options);
  return images.map((image, position) =>
    surveyImage(podman.platform, image, found.get(names[position] ?? '')),
  );
}

/** True when podman has what was wanted, by its own word about the image. */
export function hasConfig({ manifest }: WantedImage, found: PodmanImage | undefined): boolean {
  return found?.id === manifest.config.digest;
}

/** True when `name@digest` works with the digest that the kit keeps. */
export function hasDigest({ image, name }: WantedImage, found: PodmanImage | undefined): boolean {
  const pin = `${canonicalName(name)}@${image.root.digest}`;
  return found?.repoDigests.includes(pin) === true;
}

function surveyImage(
  platform: Platform,
  image: TargetImage,
  found: PodmanImage | undefined,
): Surveyed {
  const reference = formatReference(image.reference);
  const before = found?.id;
  const manifest = manifestFor(platform, image);
  if (manifest === undefined) {
    const message = `the kit holds it for ${heldPlatforms(image.graph).join(', ')}, podman runs ${formatPlatform(platform)}`;
    return { result: { reference, status: 'failed', before, message } };
  }
  const wanted: WantedImage = { image, manifest, name: podmanName(image.reference) };
  const isPresent = hasConfig(wanted, found) && hasDigest(wanted, found);
  return isPresent
    ? { wanted, result: { reference, status: 'already-present', before, after: before } }
    : { wanted, result: { reference, status: 'skipped', before } };
}

/** Podman drops the tag of a name that has a digest, as its own pull does. */
export function podmanName({ registry, repository, tag, digest }: Reference): Reference {
  return digest === undefined
    ? { registry, repository, tag: tag ?? 'latest' }
    : { registry, repository, digest };
}

/**
 * One name is one image in podman: the platform that it runs, or the first one asked for. A single manifest may be for
 * any platform.
 */
function manifestFor(
  platform: Platform,
  { graph, platforms }: TargetImage,
): GraphManifest | undefined {
  const held = graph.manifests.filter(({ isImage, isHeld }) => isImage && isHeld);
  const own = held.find((manifest) => samePlatform(manifest.platform, platform));
  if (platforms === undefined) return own ?? (graph.indexes.length === 0 ? held[0] : undefined);
  const isAsked = (asked: Platform): boolean => samePlatform(asked, platform);
  if (own !== undefined && platforms.some(isAsked)) return own;
  return platforms
    .map((asked) => held.find((manifest) => samePlatform(manifest.platform, asked)))
    .find((manifest) => manifest !== undefined);
}
