import type { HeldContent } from '../../content/held-content.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { by } from '../../oci/compare.ts';
import type { Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { isServedName } from './image-server.ts';
import type { ListedPodmanImage, Podman, PodmanImage } from './podman.ts';

/**
 * What podman holds: unpacked layers, and the documents of images in their own bytes.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function takePodmanInventory(
  podman: Podman,
  options?: OperationOptions,
): Promise<HeldContent> {
  const listed = await podman.list(options);
  const inspected = await podman.inspect([...new Set(listed.map(({ id }) => id))], options);
  const images = [...inspected.values()];
  return {
    images: namesOf(listed.filter(({ id }) => inspected.has(id))),
    diffIds: new Set(images.flatMap(({ diffIds }) => diffIds)),
    chainIds: new Set(images.flatMap(({ diffIds }) => chainIds(diffIds))),
    blobs: new Set(images.flatMap(documentsOf)),
    platform: podman.platform,
  };
}

function namesOf(listed: readonly ListedPodmanImage[]): HeldContent['images'] {
  const names = listed.flatMap(({ id, names: own }) =>
    own
      .map(parseReference)
      .filter((reference) => !isServedName(reference))
      .map((reference) => ({ reference: formatReference(reference), id })),
  );
  return names.toSorted(by(({ reference }) => reference));
}

/** The config, the manifest, and the index that the image came by. */
function documentsOf({ id, repoDigests }: PodmanImage): Digest[] {
  return [id, ...repoDigests.flatMap((name) => parseReference(name).digest ?? [])];
}
