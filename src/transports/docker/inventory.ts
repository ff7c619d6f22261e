import type { HeldContent } from '../../content/held-content.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { by } from '../../oci/compare.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { chainIds } from '../../oci/image-config.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { storedManifests, tellsManifests } from './available-manifests.ts';
import { inspectEngineImage, listEngineImages, type Engine, type EngineImage } from './engine.ts';

/**
 * What an engine holds. The classic store keeps unpacked layers and configs; the containerd store keeps blobs too, of
 * which its API names the manifests.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED
 */
export async function takeEngineInventory(
  engine: Engine,
  options: OperationOptions = {},
): Promise<HeldContent> {
  const found = await listEngineImages(engine, { all: true });
  const layers = await mapLimited(
    new Set(found.map(({ id }) => id)),
    async (id) => (await inspectEngineImage(engine, id))?.diffIds ?? [],
    options,
  );
  return {
    images: namesOf(found),
    diffIds: new Set(layers.flat()),
    chainIds: new Set(layers.flatMap((diffIds) => chainIds(diffIds))),
    blobs: new Set(await blobsOf(engine, found, options)),
    platform: engine.facts.platform,
  };
}

function namesOf(found: readonly EngineImage[]): HeldContent['images'] {
  const names = found.flatMap(({ id, repoTags }) =>
    repoTags.map((name) => ({ reference: formatReference(parseReference(name)), id })),
  );
  return names.toSorted(by(({ reference }) => reference));
}

/** In both stores an image's ID is the digest of a document that is there: the config, or the root. */
async function blobsOf(
  engine: Engine,
  found: readonly EngineImage[],
  options: OperationOptions,
): Promise<Digest[]> {
  const ids = found.map(({ id }) => id);
  if (!tellsManifests(engine)) return ids;
  const stored = await mapLimited(ids, async (id) => storedManifests(engine, id), options);
  const manifests = stored.flat().filter(({ isAvailable }) => isAvailable);
  return [...ids, ...manifests.map(({ digest }) => digest).filter(isDigest)];
}
