import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { holderAmong } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { pushedBlobs, type PlannedImage } from './push-image.ts';

/**
 * Of layers that are not at hand, those that no repository of the load holds: from there the others can be mounted.
 *
 * @returns in the order of the images
 * @throws AirkitError TARGET_FAILED
 */
export async function lackingLayers(
  client: RegistryClient,
  { planned, notAtHand }: { planned: readonly PlannedImage[]; notAtHand: ReadonlySet<Digest> },
  options: OperationOptions,
): Promise<Descriptor[][]> {
  const repositories = [...new Set(planned.map(({ reference }) => reference.repository))];
  const wanted = new Map<Digest, { target: Descriptor; own: string[] }>();
  for (const one of planned) {
    for (const target of pushedBlobs(one).filter(({ digest }) => notAtHand.has(digest))) {
      const known = wanted.get(target.digest) ?? { target, own: [] };
      known.own.push(one.reference.repository);
      wanted.set(target.digest, known);
    }
  }
  const lacking = new Set<Digest>();
  await mapLimited(
    wanted.values(),
    async ({ target, own }, call) => {
      const order = [...new Set([...own, ...repositories])];
      const holder = await holderAmong(order, { client, target }, call);
      if (holder === undefined) lacking.add(target.digest);
    },
    options,
  );
  return planned.map((one) => pushedBlobs(one).filter(({ digest }) => lacking.has(digest)));
}
