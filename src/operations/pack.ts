import { isAirkitError } from '../errors.ts';
import type { BundleBase } from '../archive/bundle-bases.ts';
import { requireFreeOutput } from '../archive/kit-folder.ts';
import type { BundleSpec, SignSpec } from '../spec/bundles-file.ts';
import { parseKeyLocation } from '../spec/key-location.ts';
import { isExpired, judgingTime } from './check-freshness.ts';
import { openRun, type BundleRun, type BundleRunOptions } from './bundle-run.ts';
import { chooseImages, type Choice, type ChosenImage } from './choose-images.ts';
import { describeChosen } from './describe-bundle.ts';
import { requireSpace } from '../content/free-space.ts';
import type { OperationOptions } from '../content/operation.ts';
import { resolvePath, type Host } from './host.ts';
import type { ImageFailure } from './image-failures.ts';
import { joinFailures } from './join-failures.ts';
import { findLoaders, type KitLoader } from './kit-loaders.ts';
import { packImages, type PackedImages } from './pack-images.ts';
import { basesOf, planDescribed, type PlanQuestion } from './plan-bundle.ts';
import { planBundle } from './plan-bundles.ts';
import { proveLayers } from './prove-layers.ts';
import { resolveImages } from './resolve-images.ts';
import { beginOpeningKey, endingWith, type OpeningKey } from './signing-key.ts';

export interface PackOptions extends BundleRunOptions {
  /** Replaces a kit that is there. Default false. */
  readonly force?: boolean | undefined;
  /** A path, `env:NAME`, `agent:KEY` or `exec:COMMAND`; stands in for the bundles file's `sign`. */
  readonly key?: string | undefined;
  /** File with the public key of an `exec:COMMAND`. */
  readonly publicKey?: string | undefined;
  /** Single-file airkits that go into each kit: platforms (`linux-x64`) or paths. Default none. */
  readonly loaders?: readonly string[] | undefined;
  /** Told of each kit as soon as it is complete: it stays even when a later one fails. */
  readonly onKit?: ((kit: PackedKit) => void) | undefined;
}

export interface PackedKit extends PackedImages {
  readonly name: string;
  readonly version: string;
  /** What it was packed against, sorted by digest. */
  readonly bases: readonly BundleBase[];
  /** Key id of the signer; undefined for an unsigned kit. */
  readonly signedBy?: string | undefined;
  /** The lock whose images were packed, absolute; undefined without one. */
  readonly lockedBy?: string | undefined;
}

/**
 * Packs the bundles of a bundles file, one kit folder each. Several are all planned before the first is written, so
 * that a mistake in the last one shows before an hour has passed. Every image of every bundle is attempted; a bundle of
 * which one fails gives no kit, unless it may be missing, and all failures are told together at the end.
 *
 * @throws AirkitError SPEC_INVALID, USAGE, OUTPUT_EXISTS, NO_MATCH, LOCK_STALE, NAME_COLLISION, PLATFORM_MISSING,
 * UNSUPPORTED, KEY_INVALID, SOURCE_FAILED, NO_SPACE, DISK_FAILED, and what damaged content gives
 */
export async function pack(host: Host, options: PackOptions): Promise<PackedKit[]> {
  await using run = await openRun(host, options);
  const jobs: PackJob[] = [];
  for (const bundle of run.bundles) jobs.push(await prepareJob(run, bundle, options));
  if (jobs.length > 1) await requireNoMistakes(run, options);
  const kits: PackedKit[] = [];
  const failed: FailedBundle[] = [];
  for (const job of jobs) {
    const outcome = await packWithFreshCache(run, job, options);
    if ('failures' in outcome) {
      failed.push(outcome);
    } else {
      kits.push(outcome);
      options.onKit?.(outcome);
    }
  }
  if (failed.length === 0) return kits;
  const [failures, skipped] = [
    failed.flatMap((one) => one.failures),
    failed.flatMap((one) => one.skipped),
  ];
  throw joinFailures(failures, skipped);
}

interface PackJob {
  readonly bundle: BundleSpec;
  readonly folder: string;
  readonly opening: OpeningKey | undefined;
  readonly loaders: readonly KitLoader[];
}

/** A bundle that gives no kit. */
interface FailedBundle {
  readonly failures: readonly ImageFailure[];
  /** Why sources cannot offer some of their images. */
  readonly skipped: readonly string[];
}

function signSpecOf(
  host: Host,
  bundle: BundleSpec,
  { key, publicKey }: PackOptions,
): SignSpec | undefined {
  const sign = key === undefined ? bundle.sign : { key: parseKeyLocation(key, host.directory) };
  if (sign === undefined || publicKey === undefined) return sign;
  return { ...sign, publicKey: resolvePath(host, publicKey) };
}

async function prepareJob(
  run: BundleRun,
  bundle: BundleSpec,
  options: PackOptions,
): Promise<PackJob> {
  const { host } = run;
  const folder = run.folderOf(bundle);
  await requireFreeOutput(folder, { force: options.force ?? false });
  const loaders = await findLoaders(host, options.loaders ?? []);
  const sign = signSpecOf(host, bundle, options);
  if (sign === undefined) return { bundle, folder, opening: undefined, loaders };
  const { publicKey } = sign;
  const opening = await beginOpeningKey(sign.key, host, { ...options, publicKey });
  if (run.bundles.length > 1) await opening.key;
  return { bundle, folder, opening, loaders };
}

/** What a source does not give may still be given when its bundle's turn comes; a mistake stays one. */
async function requireNoMistakes(run: BundleRun, options: PackOptions): Promise<void> {
  const failures: ImageFailure[] = [];
  for (const bundle of run.bundles)
    failures.push(...(await planBundle(run, bundle, options)).failures);
  if (failures.some(({ extent }) => extent === 'mistake')) throw joinFailures(failures);
}

const MAX_CACHE_REPAIRS = 5;

/** A damaged cache entry has been removed when it is reported, so the next attempt fetches it anew. */
async function packWithFreshCache(
  run: BundleRun,
  job: PackJob,
  options: PackOptions,
): Promise<PackedKit | FailedBundle> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await packBundle(run, job, options);
    } catch (error) {
      if (!isAirkitError(error, 'CACHE_DAMAGED') || attempt >= MAX_CACHE_REPAIRS) throw error;
      options.onProgress?.({ kind: 'warning', message: error.message });
    }
  }
}

function expiryWarnings({ expires }: BundleSpec): string[] {
  if (!isExpired(expires, judgingTime(undefined).time)) return [];
  return [`the kit expired at the end of ${expires} already: verify and load will refuse it`];
}

async function packBundle(
  run: BundleRun,
  { bundle, folder, opening, loaders }: PackJob,
  given: PackOptions,
): Promise<PackedKit | FailedBundle> {
  const options = opening === undefined ? given : { ...given, ...endingWith(opening, given) };
  const context = await run.contextFor(bundle, options);
  const { failures } = context;
  await using choice = await chooseImages(bundle, context, options);
  const { skipped } = choice;
  const estimate = await estimateSpace(choice, { bundle, context, skipped }, options);
  if (estimate === undefined) return { failures: failures.all, skipped };
  const resolved = await resolveImages(estimate.fitting, failures, options);
  const { cache } = context.target;
  const proved = await proveLayers(resolved, { cache, failures }, options);
  const packed = await packImages(
    proved,
    { bundle, context, folder, key: opening?.key, loaders },
    options,
  );
  if (packed === undefined) return { failures: failures.all, skipped };
  const { name, version } = bundle;
  const key = await opening?.key;
  const notes = run.discoveries.get(bundle.name)?.warnings ?? [];
  const own = [...expiryWarnings(bundle), ...(key?.warnings ?? []), ...notes];
  const warnings = new Set([...own, ...estimate.warnings, ...packed.warnings]);
  const signedBy = key?.publicKey.keyId;
  const lockedBy = run.lock?.path;
  return {
    ...packed,
    name,
    version,
    bases: basesOf(context),
    signedBy,
    lockedBy,
    warnings: [...warnings],
  };
}

/**
 * Plans from metadata, before anything is fetched. What was read for that is not kept: of many images it is a lot.
 *
 * @returns undefined where a failure is a mistake
 * @throws AirkitError NO_SPACE
 */
async function estimateSpace(
  { images }: Choice,
  question: PlanQuestion,
  options: OperationOptions,
): Promise<{ fitting: ChosenImage[]; warnings: readonly string[] } | undefined> {
  const { failures } = question.context;
  const described = await describeChosen(images, failures, options);
  if (failures.all.some(({ extent }) => extent === 'mistake')) return undefined;
  const { space, warnings } = await planDescribed(described, question);
  requireSpace(space);
  return { fitting: described.map(({ chosen }) => chosen), warnings };
}
