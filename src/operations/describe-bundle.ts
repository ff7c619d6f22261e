import { AirkitError } from '../errors.ts';
import type { Image, ImageDescription } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import {
  acceptsPlatform,
  choosePlatforms,
  type ChosenPlatforms,
} from '../plan/choose-platforms.ts';
import { graphBlobs } from '../plan/graph-blobs.ts';
import type { PlanInput } from '../plan/plan.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { attachReferrers, keepReferrers, warnAboutReferrers } from './attach-referrers.ts';
import type { ChosenImage } from './choose-images.ts';
import type { FailureLog, FailureSubject } from './image-failures.ts';

/** A chosen image with all that is known of it; `exact` once its documents are at hand. */
export interface DescribedImage {
  readonly chosen: ChosenImage;
  readonly input: PlanInput;
  readonly exact?: ChosenPlatforms | undefined;
  readonly uncompressedSizes?: Image['uncompressedSizes'];
  /** Of its layers, from the base up, as far as its engine tells them; only until `exact` is set. */
  readonly diffIds?: readonly (Digest | undefined)[] | undefined;
  /** What people should know of it. */
  readonly warnings?: readonly string[] | undefined;
  /** Set once it has been resolved. */
  readonly image?: Image | undefined;
}

/**
 * Describes chosen images from metadata; nothing is exported. Images that lack every listed platform are left out when
 * their selector is optional. Those that fail are noted: PLATFORM_MISSING, NAME_COLLISION, BLOB_MISSING, and what
 * sources throw.
 */
export async function describeChosen(
  images: readonly ChosenImage[],
  failures: FailureLog,
  options: OperationOptions = {},
): Promise<DescribedImage[]> {
  const described = await mapLimited(
    images,
    async (chosen, call) =>
      failures.attempt(subjectOf(chosen), async () => {
        const [description] = await chosen.source.describe([chosen.listed], call);
        if (description === undefined) throw new Error('a source described nothing');
        const one = describe(chosen, description);
        if (one === undefined) tellLeftOut(chosen, call);
        return one && attachReferrers(one, call);
      }),
    options,
  );
  return withoutCollisions(
    described.filter((one) => one !== undefined),
    failures,
  );
}

export interface ResolvedReading {
  readonly failures: FailureLog;
  readonly read: (image: Image) => Promise<ImageDescription>;
}

/** {@link describeChosen} of images whose bytes are at hand. */
export async function describeResolved(
  resolved: ReadonlyMap<ChosenImage, Image>,
  { failures, read }: ResolvedReading,
  options: OperationOptions = {},
): Promise<DescribedImage[]> {
  const described = await mapLimited(
    resolved,
    async ([chosen, image], call) =>
      failures.attempt(subjectOf(chosen), async () => {
        const one = describe(chosen, await read(image));
        return one && { ...(await attachReferrers(one, call)), image };
      }),
    options,
  );
  return withoutCollisions(
    described.filter((one) => one !== undefined),
    failures,
  );
}

function tellLeftOut({ reference, selector }: ChosenImage, { onProgress }: OperationOptions): void {
  const platforms = selector.platforms?.join(', ');
  onProgress?.({ kind: 'warning', message: `${reference}: left out: it has no ${platforms}` });
}

/** A chosen image as failures name it. */
export function subjectOf({ reference, selector }: ChosenImage): FailureSubject {
  return { reference, position: selector.position };
}

function describe(chosen: ChosenImage, description: ImageDescription): DescribedImage | undefined {
  const { reference, original, pattern, selector } = chosen;
  const names = { reference, original, pattern, from: selector.text };
  const rules = { platforms: selector.platforms, optional: selector.optional, reference };
  const { warnings } = description;
  if ('estimate' in description) {
    const { estimate } = description;
    if (!acceptsPlatform(estimate.platform, rules)) return undefined;
    const { imageId, blobs, platform, layers } = estimate;
    const diffIds = layers.map(({ diffId }) => diffId);
    const input = { ...names, platforms: [platform], imageId, blobs };
    return { chosen, warnings, input, diffIds };
  }
  const exact = choosePlatforms(description.graph, rules);
  if (exact === undefined) return undefined;
  const carried = exact.graph.carried.filter(({ isImage }) => isImage);
  const input: PlanInput = {
    ...names,
    platforms: carried.map(({ platform }) => formatPlatform(platform)),
    root: description.graph.root.digest,
    imageId: carried.length === 1 ? carried[0]?.config.digest : undefined,
    blobs: graphBlobs(exact.graph),
  };
  return { chosen, input, exact, warnings, uncompressedSizes: description.uncompressedSizes };
}

/** What people should know: an empty bundle, and indexes that are not whole in the source. */
export function warnAbout(images: readonly DescribedImage[]): string[] {
  if (images.length === 0)
    return ['the bundle is empty: all its selectors are optional, and none chooses an image'];
  const sparse = images.flatMap(({ input, exact }) => {
    const missing = exact?.graph.absentManifests.length ?? 0;
    if (missing === 0) return [];
    return `${input.reference}: the source lacks ${missing} manifests of its index; "ctr images import --all-platforms" and k3s before v1.30.2 refuse such an image`;
  });
  const told = images.flatMap(({ warnings = [] }) => warnings);
  return [...told, ...sparse, ...warnAboutReferrers(images)];
}

/** One image may be chosen twice, by two patterns or from two sources; two different images under one name may not. */
function withoutCollisions(
  images: readonly DescribedImage[],
  failures: FailureLog,
): DescribedImage[] {
  const byName = new Map<string, DescribedImage>();
  for (const image of images) {
    const known = byName.get(image.input.reference);
    if (known === undefined) byName.set(image.input.reference, image);
    else if (isSame(known.input, image.input))
      byName.set(image.input.reference, keepReferrers(known, image));
    else failures.note(subjectOf(image.chosen), collision(known, image));
  }
  return [...byName.values()];
}

function isSame(a: PlanInput, b: PlanInput): boolean {
  if (a.platforms.join() !== b.platforms.join()) return false;
  if (a.root !== undefined && b.root !== undefined) return a.root === b.root;
  if (a.imageId !== undefined || b.imageId !== undefined) return a.imageId === b.imageId;
  return a.blobs.map(({ key }) => key).join() === b.blobs.map(({ key }) => key).join();
}

function collision(a: DescribedImage, b: DescribedImage): AirkitError {
  const origin = ({ input }: DescribedImage): string =>
    `${input.original} from ${input.from} (${input.root ?? input.imageId ?? input.pattern}, ${input.platforms.join(', ')})`;
  return new AirkitError(
    'NAME_COLLISION',
    `two images end under the name ${a.input.reference}: ${origin(a)} and ${origin(b)}`,
    {
      hint: 'Leave one out with "exclude", give it another name with "rename", or list all its platforms in one selector.',
      context: { reference: a.input.reference },
    },
  );
}
