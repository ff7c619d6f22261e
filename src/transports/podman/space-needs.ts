import { isFolder } from '../../content/file-bytes.ts';
import type { SpaceNeed, TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { unpackedSize } from '../../content/unpacked-size.ts';
import { takePodmanInventory } from './inventory.ts';
import type { Podman } from './podman.ts';
import { surveyImages } from './survey.ts';

/**
 * What the layers of images take at least in podman's store, uncompressed. Told only where podman's folder is visible
 * here.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function spaceNeeds(
  podman: Podman,
  images: readonly TargetImage[],
  options?: OperationOptions,
): Promise<SpaceNeed[]> {
  const { graphRoot, hostname } = podman;
  if (graphRoot === undefined || !(await isFolder(graphRoot))) return [];
  const surveyed = await surveyImages(podman, images, options);
  const wanted = surveyed.flatMap((one) => one.wanted ?? []);
  const { chainIds } = await takePodmanInventory(podman, options);
  return [{ path: graphRoot, bytes: unpackedSize(wanted, chainIds), hostname }];
}
