import { isAirkitError } from '../../errors.ts';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import { familiarName, formatFamiliar, formatReference } from '../../oci/reference.ts';
import { engineCall, inspectEngineImage, type Engine } from './engine.ts';

/**
 * Puts one name back. A name that had not been there is removed; an image that loses its last name so goes with it, as
 * with `docker rmi`: the engine's API has no way to keep it.
 */
export async function putBackName(engine: Engine, name: NameReversal): Promise<NameReversalResult> {
  const reference = formatReference(name.reference);
  try {
    return { reference, ...(await putBack(engine, name)) };
  } catch (error) {
    engine.signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED', 'REFERENCE_INVALID')) throw error;
    return { reference, status: 'failed', message: error.message };
  }
}

async function putBack(
  engine: Engine,
  { reference, expected, restore }: NameReversal,
): Promise<Omit<NameReversalResult, 'reference'>> {
  if (reference.digest !== undefined && !engine.facts.hasContainerdStore) {
    const message = `this engine keeps no name with a digest; docker rmi ${expected} removes the image`;
    return { status: 'failed', message };
  }
  const name = formatFamiliar(reference);
  const now = (await inspectEngineImage(engine, name))?.id;
  if (now !== expected) return { status: 'changed', now };
  if (restore === undefined) {
    await engineCall(engine, `remove the name ${name}`, async () =>
      engine.client.getImage(name).remove({ noprune: true }),
    );
    return { status: 'removed' };
  }
  if ((await inspectEngineImage(engine, restore)) === undefined)
    return { status: 'failed', now, message: `the engine no longer has the image ${restore}` };
  const { tag = 'latest' } = reference;
  await engineCall(engine, `name the image ${restore} ${name}`, async () =>
    engine.client.getImage(restore).tag({ repo: familiarName(reference), tag }),
  );
  const after = (await inspectEngineImage(engine, name))?.id;
  if (after === restore) return { status: 'restored', now: after };
  return { status: 'failed', now: after, message: 'the engine took the name, but shows another' };
}
