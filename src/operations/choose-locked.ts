import { AirkitError, type Problem } from '../errors.ts';
import type { ImageSource, ListedImage, PinnedImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { identityDigest, sameIdentity } from '../oci/image-identity.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Selection } from '../select/select-images.ts';
import type { ImageSelector } from '../spec/bundles-file.ts';
import type { LockedImage } from '../spec/lock-file.ts';
import { identifyImages } from './identify-images.ts';

export interface LockedSelection {
  readonly source: ImageSource;
  readonly selector: ImageSelector;
  readonly locked: readonly LockedImage[];
}

/**
 * The locked images of a selector, instead of applying it to what the source offers now. No tags are listed where the
 * source can find images by identity.
 *
 * @throws AirkitError LOCK_STALE with every image that is gone; what sources throw
 */
export async function chooseLocked(
  { source, selector, locked }: LockedSelection,
  options: OperationOptions = {},
): Promise<Selection<ListedImage>[]> {
  const wanted = locked.map(({ reference, identity }) => ({
    reference: parseReference(reference),
    identity,
  }));
  const found = await (source.pin?.(wanted, options) ?? pinByName(source, wanted, options));
  const gone = locked.filter((_, position) => found[position] === undefined);
  if (gone.length > 0) throw goneImages(gone, selector);
  return locked.flatMap(({ pattern }, position) => {
    const listed = found[position];
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

function goneImages(gone: readonly LockedImage[], { text, position }: ImageSelector): AirkitError {
  const problems = gone.map(({ reference, identity }): Problem => ({
    code: 'LOCK_STALE',
    severity: 'error',
    message: `${reference}: ${text} no longer has the locked ${identityDigest(identity)}`,
    subject: position.file,
    line: position.line,
    column: position.column,
  }));
  const [first] = gone;
  return new AirkitError('LOCK_STALE', problems.map(({ message }) => message).join('\n'), {
    hint: `\`airkit lock --update ${first?.reference}\` locks what there is now; --no-lock packs without the lock.`,
    context:
      first === undefined
        ? {}
        : { reference: first.reference, digest: identityDigest(first.identity) },
    problems,
  });
}
