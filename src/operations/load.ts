import type { Problem } from '../errors.ts';
import type { TargetResult } from '../content/image.ts';
import { digestOf } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import { findDamage } from './check-whole.ts';
import { writeInventories, type WrittenInventory } from './carry-back.ts';
import { chooseKitImages, type ChosenKitImage, type ImageChoice } from './choose-kit-images.ts';
import { applyExistingTagRule, type ExistingTag } from './existing-tags.ts';
import type { Host } from './host.ts';
import type { BaseOptions } from './kit-bases.ts';
import { loadIntoTargets } from './load-into-targets.ts';
import { checkTargets } from './load-preflight.ts';
import {
  namedResult,
  pendingResults,
  recordRun,
  resultsOf,
  targetReport,
  type LoadedTarget,
  type LoadResult,
} from './load-results.ts';
import { closeTargets, parseTargets, surveyTargets, type TargetRun } from './load-targets.ts';
import { openLoadable, type LoadableImages } from './open-loadable.ts';
import { lostPins } from './lost-pins.ts';
import { findMissingLayers } from './missing-layers.ts';
import type { OpenKitOptions } from './open-kit.ts';
import type { OpenTarget } from './open-target.ts';
import { verificationFailed } from './require-verified.ts';
import { recordTarget, type TargetPlace } from './target-record.ts';
import type { TrustOptions } from './judge-kit.ts';
import { beginReceipt, breakOff, placeReceipt, type RunningReceipt } from './write-receipt.ts';

export interface LoadOptions
  extends OpenKitOptions, TrustOptions, ImageChoice, Pick<BaseOptions, 'base'> {
  /** Targets, loaded side by side: `docker` (default), `registry://HOST[/PREFIX]`, `oci:DIR`, … */
  readonly to?: string | readonly string[] | undefined;
  /** See {@link OpenTarget}. */
  readonly scoped?: boolean | undefined;
  readonly sparseIndex?: OpenTarget['sparseIndex'];
  /** Names that stand for something else in a target. Default `overwrite`. */
  readonly onExistingTag?: ExistingTag | undefined;
  /** Compares only: nothing is written, and there is no receipt. */
  readonly dryRun?: boolean | undefined;
  /** File for the receipt. Default: a file of its own in the folder for receipts. */
  readonly receipt?: string | undefined;
}

export interface LoadReport {
  readonly kit: { readonly path: string; readonly name: string; readonly version: string };
  /** The sole target; undefined where there were several. */
  readonly target?: string | undefined;
  readonly targets: readonly LoadedTarget[];
  readonly dryRun: boolean;
  /** Target by target, each in the order of the kit. */
  readonly results: readonly LoadResult[];
  /** Bytes of content sent to all targets. */
  readonly sentBytes: number;
  readonly receipt?: string | undefined;
  /** Of targets that lacked layers of a thin kit, for the next pack. */
  readonly inventories: readonly WrittenInventory[];
  readonly warnings: readonly Problem[];
}

/**
 * Verifies a kit, or an archive of any tool, and restores its images into targets: trust and structure first, then every
 * target is asked what it has and what stands in the way; only then anything is sent. Each blob is checked as it streams,
 * every image is inspected afterwards. Volumes are read whole before, so that a bad one is named. With `keepGoing` the
 * blobs are read once more before, so that damage stays with the images that have it.
 *
 * @param path a kit, an archive or OCI layout, or `-` for standard input
 * @throws AirkitError VERIFICATION_FAILED, BASE_MISSING, USAGE, NO_MATCH, NAME_COLLISION, PLATFORM_MISSING, OUTPUT_EXISTS,
 * TARGET_FAILED, DISK_FAILED, NO_SPACE, UNSUPPORTED. That some images failed is in the report.
 */
export async function load(
  host: Host,
  path: string,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const { to = [], scoped, sparseIndex } = options;
  const places = parseTargets(host, typeof to === 'string' ? [to] : to, { scoped, sparseIndex });
  await using opened = await openLoadable(host, { path, places }, options);
  return await loadImages(host, { path, kit: opened.images, places }, options);
}

export interface LoadRequest {
  /** As the images' kit or archive was named. */
  readonly path: string;
  readonly kit: LoadableImages;
  readonly places: readonly TargetPlace[];
}

/** {@link load} of what is open already. */
export async function loadImages(
  host: Host,
  { path, kit, places }: LoadRequest,
  options: Omit<LoadOptions, 'to'>,
): Promise<LoadReport> {
  const { keepGoing = false, dryRun = false } = options;
  const chosen = await chooseKitImages(kit, options);
  const { images } = chosen;
  const receiptPath = dryRun ? undefined : await receiptPlace(host, kit, options);
  const runs = await surveyTargets(places, { host, kit: kit.index, images, keepGoing }, options);
  const loading: Loading = { host, path, kit, images, runs };
  try {
    applyExistingTagRule(runs, options.onExistingTag ?? 'overwrite');
    const lacking = await findMissingLayers(runs, { kit, path, keepGoing }, options);
    if (receiptPath !== undefined) await loadSurveyed(loading, receiptPath, options);
    const { inventories, warnings } =
      receiptPath === undefined
        ? NOTHING_WRITTEN
        : await writeInventories(lacking, receiptPath, options);
    const results = runs.flatMap((run) => resultsOf(run, images));
    const targets = runs.map(targetReport);
    const byImageId = runs.filter(isDocker).flatMap((run) => resultsOf(run, images));
    return {
      kit: { path, name: kit.index.name, version: kit.index.version },
      target: places.length === 1 ? places[0]?.text : undefined,
      targets,
      dryRun,
      results,
      sentBytes: targets.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
      receipt: receiptPath,
      inventories,
      warnings: [
        ...kit.warnings,
        ...chosen.warnings,
        ...lostPins(kit.index, byImageId),
        ...warnings,
      ],
    };
  } finally {
    await closeTargets(runs.map(({ target }) => target));
  }
}

const NOTHING_WRITTEN = { inventories: [], warnings: [] };

/** Its classic store knows images by the digest of their config. */
function isDocker({ place }: TargetRun): boolean {
  return place.location.transport === 'docker';
}

interface Loading {
  readonly host: Host;
  readonly path: string;
  readonly kit: LoadableImages;
  readonly images: readonly ChosenKitImage[];
  readonly runs: readonly TargetRun[];
}

async function loadSurveyed(
  loading: Loading,
  receiptPath: string,
  options: LoadOptions,
): Promise<void> {
  const { host, path, runs, images } = loading;
  const { keepGoing = false } = options;
  const keepsGoing = keepGoing && runs.length > 1;
  await checkTargets(host, { runs, keepsGoing }, options);
  if (keepGoing) await leaveOutDamage(loading, options);
  const receipt = await openReceipt(loading, receiptPath);
  const byName = new Map(images.map((image) => [image.reference, image]));
  const onSettled = async (run: TargetRun, result: TargetResult): Promise<void> =>
    receipt.settle(namedResult(run, byName.get(result.reference) ?? {}, result));
  try {
    await loadIntoTargets({ runs, path, keepGoing, onSettled }, options);
    refuseNothing(runs);
  } catch (error) {
    await breakOff(receipt, error, options);
  }
  await receipt.finish({
    results: runs.flatMap((run) => resultsOf(run, images)),
    targets: runs.map((run) => recordRun(host, run)),
  });
}

async function receiptPlace(
  host: Host,
  { index, place }: LoadableImages,
  { receipt: file }: LoadOptions,
): Promise<string> {
  return placeReceipt(host, { file, kind: 'load', name: index.name, kit: place });
}

async function openReceipt(
  { host, kit, images, runs }: Loading,
  path: string,
): Promise<RunningReceipt> {
  const { name, version, serial } = kit.index;
  return beginReceipt(host, path, {
    kind: 'load',
    kit: { name, version, serial, index: digestOf(kit.indexBytes) },
    signers: kit.signers.map(({ keyId, trusted }) => ({ keyId, trusted })),
    targets: runs.map(({ place }) => recordTarget(host, place)),
    results: runs.flatMap((run) => pendingResults(run, images)),
  });
}

/** Images with damaged blobs fail by themselves. @throws AirkitError VERIFICATION_FAILED when nothing else is left */
async function leaveOutDamage(
  { path, runs, kit: { notAtHand } }: Loading,
  options: LoadOptions,
): Promise<void> {
  const wanted = new Set(runs.flatMap(({ images }) => images));
  const damage = await findDamage(wanted, notAtHand, options);
  for (const run of runs) {
    for (const image of run.images) {
      const message = damage.get(image);
      const reference = formatReference(image.reference);
      if (message === undefined) continue;
      const before = run.surveyed.get(reference)?.before;
      run.settled.set(reference, { reference, status: 'failed', before, message });
    }
    run.images = run.images.filter((image) => !damage.has(image));
  }
  const isUseless = runs.every(
    ({ images, settled }) =>
      images.length === 0 && [...settled.values()].every(({ status }) => status === 'failed'),
  );
  if (damage.size === 0 || !isUseless) return;
  const messages = [...new Set(damage.values())];
  throw verificationFailed(
    path,
    messages.map((message) => ({ code: 'DIGEST_MISMATCH', severity: 'error', message })),
  );
}

/** A sole target in which nothing could be done ends the load with its own error. */
function refuseNothing(runs: readonly TargetRun[]): void {
  const [run] = runs;
  if (run?.error === undefined || runs.length > 1) return;
  if ([...run.settled.values()].every(({ status }) => status === 'failed')) throw run.error;
}
