import { isAirkitError, messageOf } from '../../errors.ts';
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
import type { TarInput } from '../../tar/pack-tar.ts';
import { expectedId, nameIn } from './choose-manifest.ts';
import { classicArchive, type ClassicArchive, type PlatformImage } from './classic-archive.ts';
import type { EngineLocation } from './connect.ts';
import { inspectEngineImage, openEngine, QUESTIONS_AT_ONCE, type Engine } from './engine.ts';
import { takeEngineInventory } from './inventory.ts';
import { lackingLayers, openChainReader, type ChainReader } from './known-chains.ts';
import { layoutArchive } from './layout-archive.ts';
import { sendArchive } from './load-stream.ts';
import { putBackName } from './put-back.ts';
import { relayArchive, relayInto, type RelayTarget } from './relay-archive.ts';
import { spaceNeeds } from './space-needs.ts';
import { isWhole, surveyImages, type Surveyed } from './survey.ts';
import { tellsManifests } from './available-manifests.ts';

/** The first engine that reads zstd layers (moby 23.0). */
const FIRST_MAJOR_WITH_ZSTD = 23;

/**
 * A Docker engine to load into: the classic store or the containerd store.
 *
 * @throws AirkitError TARGET_FAILED when the engine does not answer, USAGE
 */
export async function openDockerTarget(
  { relayFrom, ...location }: EngineLocation & { readonly relayFrom?: EngineLocation | undefined },
  options?: OperationOptions,
): Promise<ImageTarget> {
  const opened = await openEngine({ ...location, side: 'target' }, options);
  const engine = relayFrom === undefined ? opened : await relayInto(opened, relayFrom, options);
  const readChains = openChainReader(engine);
  const readRelied: ChainReader = async (call) =>
    mayBeThin(engine) ? readChains(call) : new Set<Digest>();
  return {
    name: location.ssh === undefined ? 'docker' : `docker+${engine.address}`,
    survey: async (images, call) =>
      (await surveyImages(engine, images, call)).map(({ result }) => result),
    preflight: async (images, call) => spaceNeeds(engine, images, async () => readChains(call)),
    lackingLayers: async (images, notAtHand, call) => {
      const known = await readRelied(call);
      return images.map((image) => lackingLayers({ engine, image, known }, notAtHand));
    },
    load: async (images, call) => loadImages({ engine, readRelied }, images, call),
    takeInventory: async (call) => takeEngineInventory(engine, call),
    putBack: async (names, call) =>
      mapLimited(names, async (name) => putBackName(engine, name), { ...call, concurrency: 1 }),
    [Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
  };
}

interface Loading {
  readonly engine: RelayTarget;
  /** Stacks whose layers need not be sent. */
  readonly readRelied: ChainReader;
}

async function loadImages(
  loading: Loading,
  images: readonly TargetImage[],
  options: TargetOptions = {},
): Promise<TargetOutcome> {
  const { engine } = loading;
  const surveyed = await surveyImages(engine, images, options);
  const settled = surveyed.filter(({ result }) => result.status !== 'skipped');
  await Promise.all(settled.map(async ({ result }) => options.onResult?.(result)));
  const missing = surveyed.flatMap(({ image, manifest, result }) =>
    manifest !== undefined && result.status === 'skipped' ? [{ image, manifest }] : [],
  );
  if (missing.length === 0) return { results: surveyed.map(({ result }) => result), sentBytes: 0 };
  const { sent, failure } = await sendMissing(loading, missing, options);
  const settle = async (one: Surveyed): Promise<TargetResult> => {
    if (one.result.status !== 'skipped') return one.result;
    const outcome = await outcomeOf(engine, one, failure);
    const result = { ...outcome, sentBytes: sent.get(one.image) ?? 0 };
    await options.onResult?.(result);
    return result;
  };
  const results = await mapLimited(surveyed, settle, { concurrency: QUESTIONS_AT_ONCE });
  return { results, sentBytes: [...sent.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

interface Sending {
  /** Bytes of layers by image; a layer counts for the first image that has it. */
  readonly sent: ReadonlyMap<TargetImage, number>;
  readonly failure?: unknown;
}

/** Sends only what the engine lacks; if it turns out to lack more, once again everything. */
async function sendMissing(
  { engine, readRelied }: Loading,
  images: readonly PlatformImage[],
  options: OperationOptions,
): Promise<Sending> {
  const sent = new Map<TargetImage, number>();
  const onSent = (bytes: number, image: TargetImage): void => {
    sent.set(image, (sent.get(image) ?? 0) + bytes);
  };
  const send = async (
    known: ReadonlySet<Digest>,
    some: readonly PlatformImage[],
  ): Promise<void> => {
    const archive = { images: some, known, onSent, readsZstd: readsZstd(engine) };
    const { packTar } = await import('../../tar/pack-tar.ts');
    await sendArchive(engine, packTar(filesFor(engine, archive, options)), options);
  };
  const known = await readRelied(options);
  try {
    await send(known, images);
    const incomplete = known.size > 0 ? await incompleteImages(engine, images) : [];
    if (incomplete.length > 0) await send(new Set(), incomplete);
    return { sent };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!lacksLayer(error) || known.size === 0) return failedSend(error, sent);
  }
  try {
    await send(new Set(), images);
    return { sent };
  } catch (error) {
    options.signal?.throwIfAborted();
    return failedSend(error, sent);
  }
}

function filesFor(
  { facts, relayFrom }: RelayTarget,
  archive: ClassicArchive,
  options: OperationOptions,
): AsyncIterable<TarInput> {
  if (relayFrom !== undefined) return relayArchive(relayFrom, archive, options);
  return facts.hasContainerdStore
    ? layoutArchive(archive, options)
    : classicArchive(archive, options);
}

/** Errors of the kit's own content stop the load; those of the engine belong to the images. */
function failedSend(error: unknown, sent: Sending['sent']): Sending {
  if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
  return { sent, failure: error };
}

function lacksLayer(error: unknown): boolean {
  return (
    isAirkitError(error, 'TARGET_FAILED') &&
    /no such file or directory|not found|Error unpacking/.test(error.message)
  );
}

/** In the containerd store a layer may be unpacked while its blob is gone: then the image could not be saved again. */
async function incompleteImages(
  engine: Engine,
  images: readonly PlatformImage[],
): Promise<PlatformImage[]> {
  if (!engine.facts.hasContainerdStore) return [];
  const whole = await mapLimited(images, async (one) => isWhole(engine, one), {
    concurrency: QUESTIONS_AT_ONCE,
  });
  return images.filter((_, position) => whole[position] !== true);
}

/** Whether an image is complete afterwards must be known, or a layer that was left out could be missed. */
function mayBeThin(engine: Engine): boolean {
  return !engine.facts.hasContainerdStore || tellsManifests(engine);
}

function readsZstd({ facts }: Engine): boolean {
  return Number.parseInt(facts.version, 10) >= FIRST_MAJOR_WITH_ZSTD;
}

/** The engine's word is not taken: every image is inspected. */
async function outcomeOf(
  engine: Engine,
  { image, manifest, result }: Surveyed,
  failure: unknown,
): Promise<TargetResult> {
  if (manifest === undefined) return result;
  let reason = failure;
  const name = nameIn(engine, image, manifest);
  const found = await inspectEngineImage(engine, name).catch((error: unknown) => {
    reason ??= error; // An engine that died in the middle cannot be asked either.
    return undefined;
  });
  const isNamed = found?.id === expectedId(engine, image, manifest);
  const isThere =
    isNamed && (failure === undefined || (await isWhole(engine, { image, manifest })));
  if (!isThere) {
    const message =
      reason === undefined
        ? 'the engine took the archive, but does not show the image'
        : messageOf(reason);
    return { ...result, status: 'failed', after: found?.id, message };
  }
  const isPinLost = image.reference.digest !== undefined && !engine.facts.hasContainerdStore;
  const message = isPinLost
    ? 'this engine cannot keep its digest name; it is there by its image ID. Pins by digest work with a registry: --to registry://HOST, or airkit serve'
    : undefined;
  return {
    ...result,
    status: 'loaded',
    after: found.id,
    ...(message === undefined ? {} : { message }),
  };
}
