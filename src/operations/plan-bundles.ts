import type { OperationOptions } from '../content/operation.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { openRun, type BundleRun, type BundleRunOptions } from './bundle-run.ts';
import { chooseImages } from './choose-images.ts';
import { compareLock, type LockComparison } from './compare-lock.ts';
import { describeChosen } from './describe-bundle.ts';
import type { DiscoveredImage } from '../discovery/group-images.ts';
import type { Host } from './host.ts';
import type { ImageFailure } from './image-failures.ts';
import { leaveOut, type MissingImage } from './join-failures.ts';
import { planDescribed, type BundlePlan } from './plan-bundle.ts';

export interface PlanOptions extends BundleRunOptions {
  /** Whether to look what has moved since the bundles were locked. Default true. */
  readonly compareLock?: boolean | undefined;
}

/** A bundle's plan, and the images that it had to be made without. */
export interface PlannedBundle extends BundlePlan {
  readonly missing: readonly MissingImage[];
  /** What has moved since the bundle was locked; undefined without a lock. */
  readonly lock?: LockComparison | undefined;
  /** What `discover` found in files, with every place. */
  readonly discovered: readonly DiscoveredImage[];
}

/**
 * Plans the bundles of a bundles file: what would be packed and what it would cost. Nothing is exported or written. Every
 * image is attempted, and all that fails is told at once.
 *
 * @throws AirkitError SPEC_INVALID, USAGE, NO_MATCH, LOCK_STALE, NAME_COLLISION, PLATFORM_MISSING, UNSUPPORTED, SOURCE_FAILED,
 * DISK_FAILED. Too little room is in the plans' `space`.
 */
export async function plan(host: Host, options: PlanOptions = {}): Promise<PlannedBundle[]> {
  const { allowMissing = false } = options;
  await using run = await openRun(host, options);
  const planned: PlanAttempt[] = [];
  for (const bundle of run.bundles) planned.push(await planBundle(run, bundle, options));
  const failures = planned.flatMap((one) => one.failures);
  const skipped = planned.flatMap((one) => one.plan.skipped);
  const isEmpty = planned.some(
    (one) => one.failures.length > 0 && one.plan.plan.images.length === 0,
  );
  leaveOut(failures, { allowMissing: allowMissing && !isEmpty, skipped });
  const bundles: PlannedBundle[] = [];
  for (const [position, one] of planned.entries()) {
    const missing = leaveOut(one.failures, { allowMissing });
    const lock = await lockComparison(run, position, options);
    const discovery = run.discoveries.get(one.plan.name);
    const warnings = [...(discovery?.warnings ?? []), ...one.plan.warnings];
    bundles.push({ ...one.plan, warnings, missing, lock, discovered: discovery?.images ?? [] });
  }
  return bundles;
}

async function lockComparison(
  run: BundleRun,
  position: number,
  options: PlanOptions,
): Promise<LockComparison | undefined> {
  const { lock, file, bundles } = run;
  const bundle = bundles[position];
  if (lock === undefined || bundle === undefined || options.compareLock === false) return undefined;
  return compareLock({ bundle, file, lock, context: await run.contextFor(bundle) }, options);
}

export interface PlanAttempt {
  readonly plan: BundlePlan;
  readonly failures: readonly ImageFailure[];
}

/** Plans as much of a bundle as its sources give. */
export async function planBundle(
  run: BundleRun,
  bundle: BundleSpec,
  options: OperationOptions,
): Promise<PlanAttempt> {
  const context = await run.contextFor(bundle);
  const { failures } = context;
  await using choice = await chooseImages(bundle, context, options);
  const described = await describeChosen(choice.images, failures, options);
  const { skipped } = choice;
  return {
    plan: await planDescribed(described, { bundle, context, skipped }),
    failures: failures.all,
  };
}
