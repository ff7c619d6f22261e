import { openCache } from '../content/cache.ts';
import { openEncoder } from '../compression/encoder.ts';
import type { OperationOptions } from '../content/operation.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { chooseImages } from './choose-images.ts';
import { compareLock } from './compare-lock.ts';
import type { BundleDiscovery } from './expand-discover.ts';
import { planChosen, type BundlePlan } from './plan-bundle.ts';
import { outputFolder, readBundles, type BundleChoice } from './read-bundles.ts';

export interface PlanOptions extends OperationOptions, BundleChoice {
  /** Whether to look what has moved since the bundles were locked. Default true. */
  readonly compareLock?: boolean | undefined;
}

/**
 * Plans the bundles of a bundles file: what would be packed and what it would cost. Nothing is exported or written.
 *
 * @throws AirkitError SPEC_INVALID, NO_MATCH, LOCK_STALE, NAME_COLLISION, PLATFORM_MISSING, UNSUPPORTED,
 * SOURCE_FAILED, DISK_FAILED. Too little room is in the plans' `space`.
 */
export async function plan(host: Host, options: PlanOptions = {}): Promise<BundlePlan[]> {
  const plans: BundlePlan[] = [];
  const { file, lock, bundles, discoveries, registries } = await readBundles(host, options);
  for (const bundle of bundles) {
    const target = {
      cache: openCache(cacheFolderOf(host)),
      encoder: await openEncoder(bundle.output.layers),
    };
    const path = outputFolder(host, bundle, options);
    const context = { host, target, registries, lock, path };
    await using choice = await chooseImages(bundle, context, options);
    const discovery = discoveries.get(bundle.name);
    const planned = addDiscovery(await planChosen(choice, { bundle, context }, options), discovery);
    const isCompared = lock !== undefined && options.compareLock !== false;
    plans.push(
      isCompared
        ? { ...planned, lock: await compareLock({ bundle, file, lock, context }, options) }
        : planned,
    );
  }
  return plans;
}

function addDiscovery(planned: BundlePlan, discovery: BundleDiscovery | undefined): BundlePlan {
  if (discovery === undefined) return planned;
  const warnings = [...discovery.warnings, ...planned.warnings];
  return { ...planned, warnings, discovered: discovery.images };
}
