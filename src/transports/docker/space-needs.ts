import { isFolder } from '../../content/file-bytes.ts';
import type { SpaceNeed, TargetImage } from '../../content/image.ts';
import { unpackedSize } from '../../content/unpacked-size.ts';
import type { Digest } from '../../oci/digest.ts';
import { manifestFor } from './choose-manifest.ts';
import type { Engine } from './engine.ts';

/**
 * What the layers of images take at least in the engine's root folder, uncompressed. Told only where it is certain: for
 * the classic store (the containerd store may be anywhere) behind a local socket, and a root folder that is visible here.
 */
export async function spaceNeeds(
  engine: Engine,
  images: readonly TargetImage[],
  readChains: () => Promise<ReadonlySet<Digest>>,
): Promise<SpaceNeed[]> {
  const { rootFolder, hostname, hasContainerdStore } = engine.facts;
  if (hasContainerdStore || rootFolder === undefined || !engine.address.startsWith('unix://'))
    return [];
  if (!(await isFolder(rootFolder))) return [];
  const wanted = images.map((image) => ({ image, manifest: manifestFor(engine, image) }));
  const bytes = unpackedSize(wanted, await readChains());
  return [{ path: rootFolder, bytes, hostname }];
}
