import type { PinnedImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { by } from '../../oci/compare.ts';
import { sameIdentity, type ImageIdentity } from '../../oci/image-identity.ts';
import { formatReference, parseReference, type Reference } from '../../oci/reference.ts';
import { isServedName } from './image-server.ts';
import type { ListedPodmanImage, Podman, PodmanImage } from './podman.ts';
import type { ListedPodmanName } from './source.ts';

/**
 * Every name with a tag, and warnings about names that cannot be packed.
 *
 * @throws AirkitError SOURCE_FAILED
 */
export async function listNames(
  podman: Podman,
  options?: OperationOptions,
): Promise<{ images: ListedPodmanName[]; skipped: string[] }> {
  const named = (await podman.list(options)).filter(({ names }) => names.length > 0);
  const inspected = await podman.inspect([...new Set(named.map(({ id }) => id))], options);
  const listed = named.map((image) => namesOf(image, inspected.get(image.id)));
  return {
    images: listed
      .flatMap(({ images }) => images)
      .toSorted(by(({ reference }) => formatReference(reference))),
    skipped: listed.flatMap(({ skipped }) => skipped).toSorted(),
  };
}

interface Names {
  readonly images: readonly ListedPodmanName[];
  readonly skipped: readonly string[];
}

function namesOf({ names }: ListedPodmanImage, image: PodmanImage | undefined): Names {
  const references = names.map(parseReference).filter((reference) => !isServedName(reference));
  if (image === undefined) {
    return {
      images: [],
      skipped: references.map((one) =>
        skip(one, 'is a list of manifests, which podman does not export'),
      ),
    };
  }
  const tagged = references.filter(({ digest }) => digest === undefined);
  const images = tagged.map((reference) => nameOf(reference, image));
  return { images, skipped: tagged.length > 0 ? [] : references.map(withoutTag) };
}

/**
 * Images by their IDs under the names given, whatever those stand for by now: podman keeps an image that lost its name
 * until someone prunes it.
 *
 * @throws AirkitError SOURCE_FAILED
 */
export async function pinImages(
  podman: Podman,
  images: readonly PinnedImage[],
  options?: OperationOptions,
): Promise<(ListedPodmanName | undefined)[]> {
  const ids = images.flatMap(({ identity }) => ('imageId' in identity ? [identity.imageId] : []));
  const held = await podman.inspect([...new Set(ids)], options);
  return images.map(({ reference, identity }) => {
    const image = 'imageId' in identity ? held.get(identity.imageId) : undefined;
    if (image === undefined || !sameIdentity(identityOf(image), identity)) return undefined;
    return nameOf(reference, image);
  });
}

function nameOf(reference: Reference, image: PodmanImage): ListedPodmanName {
  const { id, labels } = image;
  return { reference, id, labels: async () => labels, identity: async () => identityOf(image) };
}

function identityOf({ id, diffIds }: PodmanImage): ImageIdentity {
  return { imageId: id, diffIds };
}

/** The layers behind a digest are gone once podman has unpacked them. */
function withoutTag(reference: Reference): string {
  return skip(reference, 'has no tag, and podman does not keep the bytes behind its digest');
}

function skip(reference: Reference, why: string): string {
  return `podman: ${formatReference(reference)} ${why}`;
}
