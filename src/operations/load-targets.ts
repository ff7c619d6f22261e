import { AirkitError, isAirkitError } from '../errors.ts';
import type { ImageTarget, TargetImage, TargetResult } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatReference } from '../oci/reference.ts';
import type { ChosenKitImage } from './choose-kit-images.ts';
import type { Host } from './host.ts';
import { tellingReferrers } from './left-behind.ts';
import { openTarget, parseTarget, type OpenTarget } from './open-target.ts';
import type { TargetPlace } from './target-record.ts';

/** One target while a load runs. */
export interface TargetRun {
  readonly place: TargetPlace;
  /** Undefined when it could not be opened. */
  readonly target?: ImageTarget | undefined;
  /** What the survey said, by reference. */
  readonly surveyed: ReadonlyMap<string, TargetResult>;
  /** What is known for good, by reference. */
  readonly settled: Map<string, TargetResult>;
  /** What is to be loaded. */
  images: readonly TargetImage[];
  /** Bytes of content sent. */
  sentBytes: number;
  /** Why nothing, or nothing more, can be done there. */
  error?: AirkitError | undefined;
}

/**
 * Reads what `--to` names; by default the Docker engine.
 *
 * @throws AirkitError USAGE, also for one that is named twice; UNSUPPORTED
 */
export function parseTargets(
  host: Host,
  texts: readonly string[],
  choices: Omit<OpenTarget, 'location'>,
): TargetPlace[] {
  const named = texts.length === 0 ? ['docker'] : texts;
  const twice = named.find((text, position) => named.indexOf(text) !== position);
  if (twice !== undefined) {
    throw new AirkitError('USAGE', `--to ${twice}: it is named twice`, {
      hint: 'Name each target once.',
    });
  }
  const { scoped, sparseIndex } = choices;
  return named.map((text) => ({ text, location: parseTarget(host, text), scoped, sparseIndex }));
}

export interface Surveying {
  readonly host: Host;
  readonly kit: OpenTarget['kit'];
  readonly images: readonly ChosenKitImage[];
  /** Goes on with the others when a target or an image fails. */
  readonly keepGoing: boolean;
}

/**
 * Opens every target and asks what it has: nothing is written. The caller closes them all.
 *
 * @throws AirkitError what the first target throws that cannot be used, unless others are to be gone on with
 */
export async function surveyTargets(
  places: readonly TargetPlace[],
  surveying: Surveying,
  options: OperationOptions,
): Promise<TargetRun[]> {
  const opened: ImageTarget[] = [];
  try {
    return await mapLimited(
      places,
      async (place, { signal }) =>
        surveyTarget(
          place,
          { ...surveying, opened, isSole: places.length === 1 },
          { ...options, signal },
        ),
      { signal: options.signal, concurrency: places.length },
    );
  } catch (error) {
    await closeTargets(opened);
    throw error;
  }
}

export async function closeTargets(targets: readonly (ImageTarget | undefined)[]): Promise<void> {
  await Promise.all(targets.map(async (target) => target?.[Symbol.asyncDispose]()));
}

interface SurveyingOne extends Surveying {
  readonly opened: ImageTarget[];
  readonly isSole: boolean;
}

async function surveyTarget(
  place: TargetPlace,
  { host, kit, images, keepGoing, opened, isSole }: SurveyingOne,
  options: OperationOptions,
): Promise<TargetRun> {
  const settled = new Map<string, TargetResult>();
  const candidates: TargetImage[] = [];
  for (const { reference, image } of images) {
    if ('refused' in image)
      settled.set(reference, { reference, status: 'failed', message: image.refused });
    else candidates.push(image);
  }
  try {
    const target = tellingReferrers(await openTarget(host, { ...place, kit }, options));
    opened.push(target);
    const results = await (keepGoing ? surveyPatiently : survey)(target, candidates, options);
    const surveyed = new Map(results.map((result) => [result.reference, result]));
    for (const result of results)
      if (result.status !== 'skipped') settled.set(result.reference, result);
    const missing = candidates.filter((_, at) => results[at]?.status === 'skipped');
    return { place, target, surveyed, settled, images: missing, sentBytes: 0 };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!keepGoing || isSole || !isAirkitError(error)) throw error;
    return { place, surveyed: new Map(), settled, images: candidates, sentBytes: 0, error };
  }
}

async function survey(
  target: ImageTarget,
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<readonly TargetResult[]> {
  return target.survey(images, options);
}

/** An image that the target refuses as such does not keep the others from being surveyed. */
async function surveyPatiently(
  target: ImageTarget,
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<readonly TargetResult[]> {
  try {
    return await target.survey(images, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'UNSUPPORTED', 'REFERENCE_INVALID', 'PLATFORM_MISSING')) throw error;
  }
  return mapLimited(images, async (image) => surveyAlone(target, image, options), options);
}

async function surveyAlone(
  target: ImageTarget,
  image: TargetImage,
  options: OperationOptions,
): Promise<TargetResult> {
  const reference = formatReference(image.reference);
  try {
    const [result] = await target.survey([image], options);
    return result ?? { reference, status: 'failed', message: 'the target does not say' };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error)) throw error;
    return { reference, status: 'failed', message: error.message };
  }
}
