import { AirkitError } from '../errors.ts';
import type { ImageSource, ListedImage, PinnedImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { identityDigest, sameIdentity } from '../oci/image-identity.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Selection } from '../select/select-images.ts';
import type { ImageSelector } from '../spec/bundles-file.ts';
import type { LockedImage } from '../spec/lock-file.ts';
import { identifyImages } from './identify-images.ts';
import type { FailureLog } from './image-failures.ts';

export interface LockedSelection {
  readonly source: ImageSource;
  readonly selector: ImageSelector;
  readonly locked: readonly LockedImage[];
  /** Takes every image that is gone, as LOCK_STALE. */
  readonly failures: FailureLog;
}

/**
 * The locked images of a selector, instead of applying it to what the source offers now. No tags are listed where the
 * source can find images by identity. A source that does not answer fails all of them.
 *
 * @throws what the log of failures does not take
 */
export async function chooseLocked(
  { source, selector, locked, failures }: LockedSelection,
  options: OperationOptions = {},
): Promise<Selection<ListedImage>[]> {
  const wanted = locked.map(({ reference, identity }) => ({
    reference: parseReference(reference),
    identity,
  }));
  const { position, text } = selector;
  const subject = { reference: text, position, isSource: true };
  const found = await failures.attempt(
    subject,
    async () => source.pin?.(wanted, options) ?? pinByName(source, wanted, options),
  );
  if (found === undefined) return [];
  for (const [at, image] of locked.entries()) {
    if (found[at] === undefined)
      failures.note({ reference: image.reference, position }, goneImage(image, selector));
  }
  return locked.flatMap(({ pattern }, at) => {
    const listed = found[at];
    return listed === undefined ? [] : [{ listed, pattern }];
  });
}

/** For media that know images by name only: the name must still stand for the image. */
async function pinByName(
  source: ImageSource,
  wanted: readonly PinnedImage[],
  options: OperationOptions,
): Promise<(ListedImage | undefined)[]> {
  const { images } = await source.list(options);
  const byName = new Map(images.map((image) => [nameOf(image), image]));
  const listed = wanted.map(({ reference }) => byName.get(formatReference(reference)));
  const there = listed.filter((image) => image !== undefined);
  const identities = await identifyImages(source, there, options);
  const identityOf = new Map(there.map((image, position) => [image, identities[position]]));
  return wanted.map(({ identity }, position) => {
    const image = listed[position];
    const now = image && identityOf.get(image);
    return now !== undefined && sameIdentity(now, identity) ? image : undefined;
  });
}

function nameOf({ reference }: ListedImage): string {
  return formatReference(withDefaultTag(reference));
}

function goneImage({ reference, identity }: LockedImage, { text }: ImageSelector): AirkitError {
  const digest = identityDigest(identity);
  return new AirkitError('LOCK_STALE', `${reference}: ${text} no longer has the locked ${digest}`, {
    hint: `\`airkit lock --update ${reference}\` locks what there is now; --no-lock packs without the lock.`,
    context: { reference, digest },
  });
}
