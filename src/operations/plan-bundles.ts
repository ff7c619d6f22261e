import { openCache } from '../content/cache.ts';
import { openEncoder } from '../compression/encoder.ts';
import type { OperationOptions } from '../content/operation.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { chooseImages } from './choose-images.ts';
import { planChosen, type BundlePlan } from './plan-bundle.ts';
import { outputFolder, readBundles, type BundleChoice } from './read-bundles.ts';

export type PlanOptions = OperationOptions & BundleChoice;

/**
 * Plans the bundles of a bundles file: what would be packed and what it would cost. Nothing is exported or written.
 *
 * @throws AirkitError SPEC_INVALID, NO_MATCH, NAME_COLLISION, PLATFORM_MISSING, UNSUPPORTED, SOURCE_FAILED,
 * DISK_FAILED. Too little room is in the plans' `space`.
 */
export async function plan(host: Host, options: PlanOptions = {}): Promise<BundlePlan[]> {
  const plans: BundlePlan[] = [];
  const { bundles, registries } = await readBundles(host, options);
  for (const bundle of bundles) {
    const target = {
      cache: openCache(cacheFolderOf(host)),
      encoder: await openEncoder(bundle.output.layers),
    };
    const path = outputFolder(host, bundle, options);
    const context = { host, target, registries, path };
    await using choice = await chooseImages(bundle, context, options);
    plans.push(await planChosen(choice, { bundle, context }, options));
  }
  return plans;
}
