import { isAirkitError, messageOf } from '../../errors.ts';
import type {
  ImageTarget,
  TargetImage,
  TargetOptions,
  TargetOutcome,
  TargetResult,
} from '../../content/image.ts';
import { expectBlobs } from '../../content/count-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { openPodman } from './find-podman.ts';
import { isServedName, serveImages } from './image-server.ts';
import { takePodmanInventory } from './inventory.ts';
import type { Podman, PodmanEnvironment } from './podman.ts';
import { putNamesBack } from './put-back.ts';
import { sendImage, type Sending } from './send-image.ts';
import { spaceNeeds } from './space-needs.ts';
import { hasConfig, hasDigest, surveyImages, type Surveyed, type WantedImage } from './survey.ts';

/**
 * Podman to load into, over its socket or its command. Digests stay, of indexes too.
 *
 * @throws AirkitError TARGET_FAILED when there is no podman, USAGE, UNSUPPORTED for addresses of other machines
 */
export async function openPodmanTarget(
  environment: PodmanEnvironment,
  options?: OperationOptions,
): Promise<ImageTarget> {
  const podman = await openPodman({ environment, side: 'target' }, options);
  return {
    name: 'podman',
    survey: async (images, call) =>
      (await surveyImages(podman, images, call)).map(({ result }) => result),
    lackingLayers: async (images, notAtHand, call) =>
      lackingLayers(podman, { images, notAtHand }, call),
    preflight: async (images, call) => spaceNeeds(podman, images, call),
    load: async (images, call) => loadImages(podman, images, call),
    takeInventory: async (call) => takePodmanInventory(podman, call),
    putBack: async (names, call) => putNamesBack(podman, names, call),
    [Symbol.asyncDispose]: async () => podman[Symbol.asyncDispose](),
  };
}

/** Podman takes a layer from any image that it holds unpacked, whatever lies below it there. */
async function lackingLayers(
  podman: Podman,
  { images, notAtHand }: { images: readonly TargetImage[]; notAtHand: ReadonlySet<Digest> },
  options?: OperationOptions,
): Promise<Descriptor[][]> {
  const surveyed = await surveyImages(podman, images, options);
  const { diffIds } = await takePodmanInventory(podman, options);
  return surveyed.map(({ wanted }) =>
    lackingOf(wanted, diffIds).filter(({ digest }) => notAtHand.has(digest)),
  );
}

function lackingOf(wanted: WantedImage | undefined, held: ReadonlySet<Digest>): Descriptor[] {
  return (wanted?.manifest.layers ?? []).flatMap(({ descriptor, diffId }) =>
    diffId !== undefined && held.has(diffId) ? [] : [descriptor],
  );
}

async function loadImages(
  podman: Podman,
  images: readonly TargetImage[],
  options: TargetOptions = {},
): Promise<TargetOutcome> {
  const surveyed = await surveyImages(podman, images, options);
  const missing = surveyed.flatMap(({ wanted, result }) =>
    wanted !== undefined && result.status === 'skipped' ? [wanted] : [],
  );
  let sentBytes = 0;
  const onSent = (bytes: number): void => {
    sentBytes += bytes;
    options.onProgress?.({ kind: 'bytes', bytes });
  };
  await using server = await serveImages(
    missing.map(({ image }) => image),
    { onSent },
  );
  if (missing.length > 0) {
    await removeLeftNames(podman, options);
    const { diffIds } = await takePodmanInventory(podman, options);
    expectBlobs(
      missing.flatMap((wanted) => lackingOf(wanted, diffIds)),
      options,
    );
  }
  const sending: Sending = { podman, server, onSent, isApart: false };
  const results: TargetResult[] = [];
  for (const one of surveyed) {
    const before = sentBytes;
    const result = await loadImage(sending, one, options);
    const told = sentBytes > before ? { ...result, sentBytes: sentBytes - before } : result;
    results.push(told);
    await options.onResult?.(told);
  }
  return { results, sentBytes };
}

/** A load that was killed may have left the name that it pulled by; its image has its own name, or is of no use. */
async function removeLeftNames(podman: Podman, options: OperationOptions): Promise<void> {
  const names = (await podman.list(options)).flatMap((image) => image.names);
  for (const name of names.filter((text) => text.startsWith('127.0.0.1:'))) {
    const reference = parseReference(name);
    if (isServedName(reference)) await podman.untag(reference, options).catch(() => undefined);
  }
}

async function loadImage(
  sending: Sending,
  { result, wanted }: Surveyed,
  options: OperationOptions,
): Promise<TargetResult> {
  if (wanted === undefined || result.status !== 'skipped') return result;
  let failure: unknown;
  try {
    await sendImage(sending, wanted, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    failure = error;
  }
  return outcomeOf(sending.podman, { result, wanted, failure }, options);
}

interface Sent {
  readonly result: TargetResult;
  readonly wanted: WantedImage;
  readonly failure: unknown;
}

/** Podman's word is not taken: every image is inspected. */
async function outcomeOf(
  podman: Podman,
  { result, wanted, failure }: Sent,
  options: OperationOptions,
): Promise<TargetResult> {
  let reason = failure;
  const name = formatReference(wanted.name);
  const found = await podman.inspect([name], options).then(
    (images) => images.get(name),
    (error: unknown) => {
      options.signal?.throwIfAborted();
      reason ??= error; // A podman that died in the middle cannot be asked either.
      return undefined;
    },
  );
  if (reason !== undefined || !hasConfig(wanted, found)) {
    const message = messageOf(reason ?? 'podman took the image, but does not show it');
    return { ...result, status: 'failed', after: found?.id, message };
  }
  const message = noteOn(wanted, hasDigest(wanted, found));
  return {
    ...result,
    status: 'loaded',
    after: found?.id,
    ...(message === undefined ? {} : { message }),
  };
}

/** What could not be kept. */
function noteOn(wanted: WantedImage, isPinned: boolean): string | undefined {
  const { image, manifest } = wanted;
  const asked = image.platforms?.map(formatPlatform) ?? [];
  const taken = formatPlatform(manifest.platform);
  const notes = [
    isPinned ? [] : [`this podman does not keep its digest ${image.root.digest}`],
    asked.length > 1 ? [`podman holds one platform under a name: ${taken}`] : [],
  ].flat();
  return notes.length === 0 ? undefined : notes.join('; ');
}
