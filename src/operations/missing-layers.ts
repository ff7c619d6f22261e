import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import type { ImageTarget, TargetImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import { referrerBlobs } from '../oci/referrer.ts';
import { baseHint, type JoinedKit } from './kit-bases.ts';
import type { TargetRun } from './load-targets.ts';

export interface LayerSearch {
  readonly kit: Pick<JoinedKit, 'index' | 'notAtHand'>;
  /** The kit as it was named. */
  readonly path: string;
  /** Takes images that cannot be completed out of the load, in place of ending it. */
  readonly keepGoing: boolean;
}

/**
 * Looks for the layers of a thin kit that neither its bases nor the cache hold in the targets themselves. Nothing has
 * been sent yet.
 *
 * @returns the targets that cannot have all their images
 * @throws AirkitError BASE_MISSING naming every image and layer, unless others are to be gone on with
 */
export async function findMissingLayers(
  runs: readonly TargetRun[],
  { kit, path, keepGoing }: LayerSearch,
  options: OperationOptions,
): Promise<TargetRun[]> {
  if (kit.notAtHand.size === 0) return [];
  const lacking: LackingImage[] = [];
  const keepsGoing = keepGoing && runs.length > 1;
  for (const run of runs) {
    try {
      lacking.push(...(await lackingImages(run, kit.notAtHand, options)));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!keepsGoing || !isAirkitError(error)) throw error;
      run.error = error;
    }
  }
  if (lacking.length > 0 && !keepGoing) throw baseMissing({ path, kit }, lacking.map(problemOf));
  for (const { run, image, layers } of lacking) {
    const reference = formatReference(image.reference);
    const before = run.surveyed.get(reference)?.before;
    const message = `neither kit nor target has ${textOf(layers)}. ${baseHint(kit.index.bases)}`;
    run.settled.set(reference, { reference, status: 'failed', before, message });
    run.images = run.images.filter((one) => one !== image);
  }
  return [...new Set(lacking.map(({ run }) => run))];
}

/** @throws AirkitError BASE_MISSING naming every image and layer that bases and cache do not complete */
export function requireAllLayers(path: string, kit: LayerSearch['kit']): void {
  const unnamed = new Map(kit.notAtHand);
  const problems: Problem[] = [];
  for (const { reference, manifests } of kit.index.images) {
    const layers = manifests.flatMap((manifest) => manifest.layers);
    const missing = unique(layers.map(({ descriptor }) => descriptor)).filter(({ digest }) =>
      kit.notAtHand.has(digest),
    );
    for (const { digest } of missing) unnamed.delete(digest);
    if (missing.length > 0)
      problems.push(missingFrom(reference, `${reference}: ${textOf(missing)} missing`));
  }
  const others = [...unnamed].map(([digest, size]) => ({ mediaType: '', digest, size }));
  if (others.length > 0)
    problems.push(missingFrom('referrers', `of referrers ${textOf(others)} missing`));
  if (problems.length > 0) throw baseMissing({ path, kit }, problems);
}

/** The error for layers that nobody at hand holds. */
function baseMissing(
  { path, kit: { index } }: Pick<LayerSearch, 'path' | 'kit'>,
  problems: readonly Problem[],
): AirkitError {
  return new AirkitError(
    'BASE_MISSING',
    `${path}: ${problems.map(({ message }) => message).join('; ')}`,
    { hint: `Nothing was sent. ${baseHint(index.bases)}`, context: { path }, problems },
  );
}

interface LackingImage {
  readonly run: TargetRun;
  readonly image: TargetImage;
  readonly layers: readonly Descriptor[];
}

async function lackingImages(
  run: TargetRun,
  notAtHand: ReadonlyMap<Digest, number>,
  options: OperationOptions,
): Promise<LackingImage[]> {
  const { target, images } = run;
  if (target === undefined || images.length === 0) return [];
  const missing = new Set(notAtHand.keys());
  const found =
    (await target.lackingLayers?.(images, missing, options)) ??
    images.map((image) => named(target, image).filter(({ digest }) => missing.has(digest)));
  return images.flatMap((image, position) => {
    const layers = unique(found[position] ?? []);
    return layers.length === 0 ? [] : [{ run, image, layers }];
  });
}

/** All that a target without a word of its own would be sent. */
function named({ keepsReferrers }: ImageTarget, { graph }: TargetImage): Descriptor[] {
  const { manifests, referrers = [] } = graph;
  const layers = manifests.filter(({ isHeld }) => isHeld).flatMap((manifest) => manifest.layers);
  const own = layers.map(({ descriptor }) => descriptor);
  return keepsReferrers === true ? [...own, ...referrers.flatMap(referrerBlobs)] : own;
}

function unique(layers: readonly Descriptor[]): Descriptor[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

function problemOf({ run, image, layers }: LackingImage): Problem {
  const reference = formatReference(image.reference);
  return missingFrom(reference, `${reference}: ${run.place.text} lacks ${textOf(layers)}`);
}

function missingFrom(reference: string, message: string): Problem {
  return { code: 'BASE_MISSING', severity: 'error', message, subject: reference };
}

function textOf(layers: readonly Descriptor[]): string {
  const names = layers.map(({ digest, size }) => `${digest} (${size} bytes)`);
  return `${layers.length === 1 ? 'the layer' : 'the layers'} ${names.join(', ')}`;
}
