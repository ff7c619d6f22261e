import { AirkitError, isAirkitError } from '../../errors.ts';
import type { TargetImage, TargetResult } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { by } from '../../oci/compare.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatReference } from '../../oci/reference.ts';
import type { RegistryClient } from './client.ts';
import { resolveHeld } from './manifests.ts';
import { noteOf, referrersFor, type PlannedImage } from './push-image.ts';
import { lookUpReferrers } from './referrer-plan.ts';
import { pushedRoot, type PushedRoot, type SparseIndex } from './sparse-index.ts';
import { targetReferences, type TargetPlace } from './target-names.ts';

/** Where images go, and in what shape. */
export interface PushRules extends TargetPlace {
  /** Default `fail`. */
  readonly sparseIndex?: SparseIndex | undefined;
}

export interface PlannedPush {
  readonly client: RegistryClient;
  readonly request: PushRules;
}

/** Names, roots and what the names stand for now: nothing is written, and all that is wrong shows before anything is. */
export async function planImages(
  { client, request }: PlannedPush,
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<PlannedImage[]> {
  const references = targetReferences(images, request);
  const rule = request.sparseIndex ?? 'fail';
  const roots = await planRoots(images, rule, options);
  const planned = images.flatMap((image, position) => {
    const [reference, pushed] = [references[position], roots[position]];
    return reference === undefined || pushed === undefined
      ? []
      : [{ image, reference, pushed, referrers: referrersFor({ image, pushed }) }];
  });
  const looked = await mapLimited(planned, async (one, call) => lookUp(client, one, call), options);
  const [first] = looked;
  if (first?.refused !== undefined && looked.every(({ refused }) => refused !== undefined))
    throw first.refused;
  return looked;
}

/** @throws AirkitError UNSUPPORTED, naming every image that cannot be pushed */
async function planRoots(
  images: readonly TargetImage[],
  rule: SparseIndex,
  options: OperationOptions,
): Promise<(PushedRoot | undefined)[]> {
  const refused: AirkitError[] = [];
  const roots = await mapLimited(
    images,
    async (image, call) => {
      try {
        return await pushedRoot(image, rule, call);
      } catch (error) {
        if (!isAirkitError(error, 'UNSUPPORTED')) throw error;
        refused.push(error);
        return undefined;
      }
    },
    options,
  );
  if (refused.length === 0) return roots;
  throw joined(refused.toSorted(by(({ message }) => message)));
}

function joined(errors: readonly AirkitError[]): AirkitError {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  const problems = errors.map(({ code, message, hint, context }) => ({
    code,
    severity: 'error' as const,
    message,
    hint,
    reference: String(context['reference']),
  }));
  const text = problems.map(({ message }) => message).join('\n');
  return new AirkitError('UNSUPPORTED', text, { hint: first?.hint, problems });
}

/** A repository that may not be read is its image's failure. */
async function lookUp(
  client: RegistryClient,
  planned: PlannedImage,
  options: OperationOptions,
): Promise<PlannedImage> {
  try {
    const before = await currentDigest(client, planned, options);
    return { ...planned, before, heldReferrers: await lookUpReferrers(client, planned, options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    return { ...planned, refused: error };
  }
}

/** The digest of what an image's name stands for in the registry. @throws AirkitError TARGET_FAILED */
export async function currentDigest(
  client: RegistryClient,
  { reference, pushed }: PlannedImage,
  options: OperationOptions,
): Promise<Digest | undefined> {
  const { repository, tag } = reference;
  const name = { client, repository, reference: tag ?? pushed.root.digest };
  return (await resolveHeld(name, options))?.digest;
}

function isPresent({ before, pushed, heldReferrers }: PlannedImage): boolean {
  return before === pushed.root.digest && heldReferrers?.isWhole !== false;
}

/** What a survey says of a planned image. */
export function surveyed(planned: PlannedImage): TargetResult {
  const { before, image, refused } = planned;
  const found = { reference: formatReference(image.reference), before };
  if (refused !== undefined) return { ...found, status: 'failed', message: textOf(refused) };
  const note = noteOf(planned);
  return isPresent(planned)
    ? { ...found, status: 'already-present', after: before, ...note }
    : { ...found, status: 'skipped', ...note };
}

/** A refusal as results tell it. */
export function textOf({ message, hint }: AirkitError): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
