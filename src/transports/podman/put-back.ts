import { isAirkitError, messageOf } from '../../errors.ts';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { formatReference } from '../../oci/reference.ts';
import type { Podman } from './podman.ts';
import { podmanName } from './survey.ts';

/**
 * Puts names back where a load found them. Images stay, without a name where they lose their last one.
 *
 * @throws the signal's reason, errors that are not podman's
 */
export async function putNamesBack(
  podman: Podman,
  names: readonly NameReversal[],
  options: OperationOptions = {},
): Promise<NameReversalResult[]> {
  const results: NameReversalResult[] = [];
  for (const name of names) {
    try {
      results.push(await putBack(podman, name, options));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
      const reference = formatReference(name.reference);
      results.push({ reference, status: 'failed', message: messageOf(error) });
    }
  }
  return results;
}

async function putBack(
  podman: Podman,
  { reference: asked, expected, restore }: NameReversal,
  options: OperationOptions,
): Promise<NameReversalResult> {
  const name = podmanName(asked);
  const reference = formatReference(asked);
  const now = await idOf(podman, formatReference(name), options);
  if (now !== expected) return { reference, status: 'changed', ...(now && { now }) };
  if (restore === expected) return { reference, status: 'restored', now };
  if (restore === undefined) {
    await podman.untag(name, options);
    const left = await idOf(podman, formatReference(name), options);
    return left === undefined
      ? { reference, status: 'removed' }
      : {
          reference,
          status: 'failed',
          now: left,
          message: 'another name of the image has the same digest',
        };
  }
  if (name.digest !== undefined) {
    const message = 'podman cannot give a name with a digest to another image';
    return { reference, status: 'failed', now, message };
  }
  await podman.tag(restore, name, options);
  return { reference, status: 'restored', now: await idOf(podman, formatReference(name), options) };
}

async function idOf(
  podman: Podman,
  name: string,
  options: OperationOptions,
): Promise<string | undefined> {
  return (await podman.inspect([name], options)).get(name)?.id;
}
