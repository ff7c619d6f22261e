import type { ListedImage, PinnedImage } from '../../content/image.ts';
import { AirkitError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { sameIdentity, type ImageIdentity } from '../../oci/image-identity.ts';
import { formatReference, type Reference } from '../../oci/reference.ts';
import { inspectEngineImage, listEngineImages, type Engine } from './engine.ts';

/** A name in an engine. */
export interface ListedEngineImage extends ListedImage {
  readonly id: Digest;
}

export interface EngineName {
  readonly reference: Reference;
  readonly id: Digest;
  readonly labels: ListedImage['labels'];
}

/** A name as the source offers it. */
export function listedImage(
  engine: Engine,
  { reference, id, labels }: EngineName,
): ListedEngineImage {
  return {
    reference,
    id,
    labels,
    identity: async () => {
      const identity = await identify(engine, id);
      if (identity === undefined) throw vanished(reference, id);
      return identity;
    },
  };
}

/**
 * The image under the name, whatever the engine calls so by now: it keeps an image that lost its name until someone
 * prunes it, and exports it by its ID. Undefined when it is gone.
 */
export async function pinImage(
  engine: Engine,
  { reference, identity }: PinnedImage,
): Promise<ListedEngineImage | undefined> {
  if (!('imageId' in identity)) return undefined;
  const id = identity.imageId;
  const held = await identify(engine, id);
  if (held === undefined || !sameIdentity(held, identity)) return undefined;
  const labels = async (): Promise<Readonly<Record<string, string>>> =>
    (await listEngineImages(engine)).find((image) => image.id === id)?.labels ?? {};
  return listedImage(engine, { reference, id, labels });
}

/** The engine's own ID and the diffIDs: the same whether or not the image has been exported before. */
async function identify(engine: Engine, id: Digest): Promise<ImageIdentity | undefined> {
  const inspected = await inspectEngineImage(engine, id);
  if (inspected?.id !== id) return undefined;
  return { imageId: id, diffIds: inspected.diffIds };
}

function vanished(reference: Reference, id: Digest): AirkitError {
  const name = formatReference(reference);
  return new AirkitError('SOURCE_FAILED', `docker: the engine has no ${name} (${id}) any more`, {
    hint: 'It was removed meanwhile: run the command again.',
    context: { reference: name, digest: id },
  });
}
