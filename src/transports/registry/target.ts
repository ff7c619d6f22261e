import { isAirkitError, type AirkitError } from '../../errors.ts';
import type {
  ImageTarget,
  TargetImage,
  TargetOptions,
  TargetOutcome,
  TargetResult,
} from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatReference } from '../../oci/reference.ts';
import type { RegistryAccess } from './access.ts';
import type { RegistryClient } from './client.ts';
import { failure, fullFailure } from './failure.ts';
import { takeRegistryInventory } from './inventory.ts';
import { lackingLayers } from './lacking-layers.ts';
import {
  currentDigest,
  planImages,
  surveyed,
  textOf,
  type PlannedPush,
  type PushRules,
} from './plan-push.ts';
import { pushBlobs } from './push-blobs.ts';
import { blobNeeds, pushDocuments, pushedBlobs, pushTag, type PlannedImage } from './push-image.ts';
import { openReferrerPusher } from './push-referrers.ts';
import { putBackName } from './put-back.ts';
import { lookUpReferrers } from './referrer-plan.ts';
import { openRegistries, requireRegistry } from './registries.ts';

export type RegistryTargetRequest = RegistryAccess & PushRules;

/**
 * A registry to push into: exact bytes, so digests stay.
 *
 * @throws AirkitError TARGET_FAILED when the registry does not answer, USAGE for credentials or certificates that cannot
 * be used
 */
export async function openRegistryTarget(
  request: RegistryTargetRequest,
  options: OperationOptions = {},
): Promise<ImageTarget> {
  const registries = openRegistries(request, 'target');
  try {
    const client = await registries.clientFor(request.host, options);
    await requireRegistry(client, options);
    const { host, prefix } = request;
    return {
      name: `registry://${host}${prefix === undefined ? '' : `/${prefix}`}`,
      keepsReferrers: true,
      survey: async (images, call = {}) =>
        (await planImages({ client, request }, images, call)).map(surveyed),
      lackingLayers: async (images, notAtHand, call = {}) =>
        lackingLayers(
          client,
          { planned: await planImages({ client, request }, images, call), notAtHand },
          call,
        ),
      load: async (images, call = {}) => loadImages({ client, request }, images, call),
      takeInventory: async (call = {}) => takeRegistryInventory({ client, prefix }, call),
      putBack: async (names, call = {}) =>
        mapLimited(
          names,
          async (one, each) => putBackName({ client, place: request }, one, each),
          call,
        ),
      [Symbol.asyncDispose]: async () => registries[Symbol.asyncDispose](),
    };
  } catch (error) {
    await registries[Symbol.asyncDispose]();
    throw error;
  }
}

/** Content of all images first, then documents, children before indexes, what refers to them, and tags last of all. */
async function loadImages(
  { client, request }: PlannedPush,
  images: readonly TargetImage[],
  options: TargetOptions,
): Promise<TargetOutcome> {
  const planned = await planImages({ client, request }, images, options);
  const missing = planned.filter((one) => surveyed(one).status === 'skipped');
  const loading: Loading = { client, planned: missing, failures: new Map(), sent: new Map() };
  const results = new Map<PlannedImage, TargetResult>();
  const settle = async (one: PlannedImage, after?: Outcome): Promise<void> => {
    const result = resultOf(one, loading, after);
    results.set(one, result);
    await options.onResult?.(result);
  };
  const settleFailed = async (): Promise<void> => {
    for (const one of loading.failures.keys()) if (!results.has(one)) await settle(one);
  };
  for (const one of planned) if (!missing.includes(one)) await settle(one);
  await pushContent(loading, options);
  await settleFailed();
  await forEach(loading, options, pushDocuments);
  await forEach(loading, options, openReferrerPusher());
  await settleFailed();
  await forEach(loading, options, async (_, one, call) => {
    addSent(loading, one, await pushTag(client, one, call));
    await settle(one, await outcomeOf(client, one, call));
    return 0;
  });
  await settleFailed();
  const sentBytes = [...loading.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { results: planned.flatMap((one) => results.get(one) ?? []), sentBytes };
}

/** Sends blobs; one that several images have counts for the first. */
async function pushContent(loading: Loading, options: OperationOptions): Promise<void> {
  const { client, planned, failures } = loading;
  const blobs = await pushBlobs(client, blobNeeds(planned).values(), options);
  const counted = new Set<Digest>();
  for (const one of planned) {
    const { repository } = one.reference;
    const full = blobs.full && fullFailure({ ...client, repository }, blobs.full);
    const failed = blobs.failures.get(repository) ?? full;
    if (failed !== undefined) failures.set(one, failed);
    for (const { digest } of pushedBlobs(one)) {
      if (!counted.has(digest)) addSent(loading, one, blobs.sent.get(digest) ?? 0);
      counted.add(digest);
    }
  }
}

interface Loading {
  readonly client: RegistryClient;
  readonly planned: readonly PlannedImage[];
  readonly failures: Map<PlannedImage, AirkitError>;
  /** Bytes by image. */
  readonly sent: Map<PlannedImage, number>;
}

type Step = (
  client: RegistryClient,
  planned: PlannedImage,
  options: OperationOptions,
) => Promise<number>;

/** Runs a step for every image that has not failed; a registry's refusal is the image's own failure. */
async function forEach(loading: Loading, options: OperationOptions, step: Step): Promise<void> {
  const { client, planned, failures } = loading;
  await mapLimited(
    planned.filter((one) => !failures.has(one)),
    async (one, call) => {
      try {
        addSent(loading, one, await step(client, one, call));
      } catch (error) {
        call.signal.throwIfAborted();
        if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
        failures.set(one, error);
      }
    },
    options,
  );
}

interface Outcome {
  readonly digest: Digest | undefined;
  readonly hasReferrers: boolean;
}

function addSent({ sent }: Loading, one: PlannedImage, bytes: number): void {
  sent.set(one, (sent.get(one) ?? 0) + bytes);
}

async function outcomeOf(
  client: RegistryClient,
  one: PlannedImage,
  options: OperationOptions,
): Promise<Outcome> {
  const digest = await readBack(client, one, options);
  const { isWhole } = await lookUpReferrers(client, one, options);
  return { digest, hasReferrers: isWhole };
}

/** What a registry has just taken it gives back, unless it kept a record that a full disk had cut off before. */
async function readBack(
  client: RegistryClient,
  one: PlannedImage,
  options: OperationOptions,
): Promise<Digest | undefined> {
  try {
    return await currentDigest(client, one, options);
  } catch (cause) {
    if (!isAirkitError(cause, 'TARGET_FAILED') || cause.context['status'] !== 500) throw cause;
    const { digest } = one.pushed.root;
    const context = { ...client, repository: one.reference.repository };
    throw failure(context, `it took ${digest} and does not give it back: status 500`, {
      hint: 'Its storage may be damaged, perhaps by a disk that was full: remove what it keeps of that digest, and load again.',
      status: 500,
      cause,
    });
  }
}

function resultOf(
  planned: PlannedImage,
  { failures, sent }: Loading,
  pushed: Outcome | undefined,
): TargetResult {
  const found = surveyed(planned);
  if (found.status !== 'skipped') return found;
  const outcome = { ...found, sentBytes: sent.get(planned) ?? 0 };
  const failed = failures.get(planned);
  if (failed !== undefined) return { ...outcome, status: 'failed', message: textOf(failed) };
  const after = pushed?.digest;
  if (after !== planned.pushed.root.digest) {
    const message = `the registry shows ${after ?? 'nothing'} under ${formatReference(planned.reference)} after the push`;
    return { ...outcome, status: 'failed', after, message };
  }
  if (pushed?.hasReferrers !== true) {
    const message = `the registry does not show all that refers to ${after} after the push`;
    return { ...outcome, status: 'failed', after, message };
  }
  return { ...outcome, status: 'loaded', after };
}
