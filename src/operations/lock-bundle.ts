import { AirkitError } from '../errors.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { sameIdentity, type ImageIdentity } from '../oci/image-identity.ts';
import type { BundlesFile, BundleSpec, ImageSelector } from '../spec/bundles-file.ts';
import {
  selectorDigest,
  type LockedBundle,
  type LockedImage,
  type LockedSelector,
} from '../spec/lock-file.ts';
import { chooseImages, type ChooseContext, type ChosenImage } from './choose-images.ts';
import { subjectOf } from './describe-bundle.ts';
import { identifyImages } from './identify-images.ts';
import type { FailureLog } from './image-failures.ts';
import { leaveOut } from './join-failures.ts';

export interface LockRequest {
  readonly bundle: BundleSpec;
  /** The bundles file that it is from. */
  readonly file: BundlesFile;
  readonly context: ChooseContext;
  /** True when a pattern may match nothing. Default: as the selectors say. */
  readonly isLenient?: boolean | undefined;
}

/**
 * What the selectors of a bundle choose now, with the identity of each image; nothing of an image but that is read.
 *
 * @throws AirkitError with every failure of an image in `problems`; NAME_COLLISION
 */
export async function lockBundle(
  { bundle, file, context, isLenient = false }: LockRequest,
  options: OperationOptions = {},
): Promise<LockedBundle> {
  const asked = bundle.images.map((one) => (isLenient ? { ...one, optional: true } : one));
  const request = { ...bundle, images: asked, containers: [] };
  await using choice = await chooseImages(request, { ...context, lock: undefined }, options);
  const identities = await identify(choice.images, context.failures, options);
  leaveOut(context.failures.all, { allowMissing: false, skipped: choice.skipped });
  const selectors = new Map<string, LockedSelector>();
  for (const [position, selector] of bundle.images.entries()) {
    const own = choice.images.filter((image) => image.selector === asked[position]);
    const images = own.flatMap((image) => lockedImage(image, identities.get(image)));
    const digest = selectorDigest(selector, file.directory);
    selectors.set(digest, {
      selector: digest,
      from: selector.text,
      images: unique(images, selector),
    });
  }
  return { name: bundle.name, selectors: [...selectors.values()] };
}

async function identify(
  images: readonly ChosenImage[],
  failures: FailureLog,
  options: OperationOptions,
): Promise<Map<ChosenImage, ImageIdentity>> {
  const identities = new Map<ChosenImage, ImageIdentity>();
  await mapLimited(
    images,
    async (chosen, call) =>
      failures.attempt(subjectOf(chosen), async () => {
        const [identity] = await identifyImages(chosen.source, [chosen.listed], call);
        if (identity !== undefined) identities.set(chosen, identity);
      }),
    options,
  );
  return identities;
}

function lockedImage(
  { original, pattern }: ChosenImage,
  identity: ImageIdentity | undefined,
): LockedImage[] {
  return identity === undefined ? [] : [{ reference: original, pattern, identity }];
}

/** A medium may give one name twice; the image must then be the same. */
function unique(images: readonly LockedImage[], selector: ImageSelector): LockedImage[] {
  const byName = new Map<string, LockedImage>();
  for (const image of images) {
    const known = byName.get(image.reference);
    if (known !== undefined && !sameIdentity(known.identity, image.identity))
      throw twoUnderOneName(image, selector);
    byName.set(image.reference, known ?? image);
  }
  return [...byName.values()];
}

function twoUnderOneName(
  { reference }: LockedImage,
  { text, position }: ImageSelector,
): AirkitError {
  const { file, line, column } = position;
  return new AirkitError(
    'NAME_COLLISION',
    `${file}:${line}:${column}: ${text} has two images under the name ${reference}`,
    {
      hint: 'Leave the name out with "exclude".',
      context: { path: file, line, column, reference },
    },
  );
}
