import { openEncoder } from '../compression/encoder.ts';
import { openCache } from '../content/cache.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { parseSize } from '../spec/size.ts';
import { openFailureLog } from './image-failures.ts';
import type { PlanContext } from './plan-bundle.ts';
import { fromBases, readPackBases } from './pack-bases.ts';
import {
  outputFolder,
  readBundles,
  type BundleChoice,
  type ChosenBundles,
} from './read-bundles.ts';
import { openReusedKits } from './reused-kits.ts';
import { shareRegistries } from './shared-registries.ts';

export interface BundleRunOptions extends OperationOptions, BundleChoice {
  /** Makes kits without the images that fail, and tells which those are. Default false: then no kit results. */
  readonly allowMissing?: boolean | undefined;
  /** Kits whose blobs need not be fetched again. */
  readonly reuse?: readonly string[] | undefined;
  /** Kits, bundle.json files and inventories: layers that all of them hold are left out. */
  readonly base?: readonly string[] | undefined;
  /** Further folders with volumes of reused kits. */
  readonly volumes?: readonly string[] | undefined;
  /** `4GiB`, `fat32`, …; stands in for the bundles file's `output.volumeSize`. */
  readonly volumeSize?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The bundles of one command, and what they share. */
export interface BundleRun extends AsyncDisposable {
  readonly host: Host;
  readonly file: ChosenBundles['file'];
  /** What files that `discover` names gave, by the name of the bundle. */
  readonly discoveries: ChosenBundles['discoveries'];
  /** Undefined when there is none, or none is to be used. */
  readonly lock: ChosenBundles['lock'];
  readonly bundles: readonly BundleSpec[];
  /** Where a bundle's kit goes, absolute. */
  folderOf(bundle: BundleSpec): string;
  /**
   * For one attempt at a bundle: its failures are counted anew.
   *
   * @param attempt with the signal that ends it; what is aborted is nobody's failure. Default: that of the run
   */
  contextFor(bundle: BundleSpec, attempt?: OperationOptions): Promise<PlanContext>;
}

/**
 * Reads the bundles file and opens what all bundles share: the cache, reused kits, clients of registries.
 *
 * @throws AirkitError SPEC_INVALID, LOCK_STALE, USAGE, UNSUPPORTED for a kit that cannot be reused, what bases give
 */
export async function openRun(host: Host, options: BundleRunOptions): Promise<BundleRun> {
  const { file, lock, bundles, discoveries, registries } = await readBundles(host, options);
  const kits = await openReusedKits(host, options.reuse ?? [], options);
  const bases = await readPackBases(host, options.base ?? [], options);
  const folderOf = (bundle: BundleSpec): string =>
    outputFolder(host, bundle, {
      output: options.output,
      directory: file.directory,
      from: fromBases(bases),
    });
  const cache = openCache(cacheFolderOf(host));
  const sharedRegistries = shareRegistries(host, registries);
  return {
    host,
    file,
    lock,
    bundles: bundles.map((bundle) => cutInto(bundle, options)),
    discoveries,
    folderOf,
    contextFor: async (bundle, attempt = options) => {
      const path = folderOf(bundle);
      return {
        host,
        lock,
        registries,
        sharedRegistries,
        kits,
        bases,
        path,
        target: { cache, encoder: await openEncoder(bundle.output.layers) },
        annotations: options.annotations,
        failures: openFailureLog(cache.folder, attempt),
      };
    },
    [Symbol.asyncDispose]: async () => sharedRegistries[Symbol.asyncDispose](),
  };
}

/** @throws AirkitError USAGE for a text that is no size */
function cutInto(bundle: BundleSpec, { volumeSize }: BundleRunOptions): BundleSpec {
  if (volumeSize === undefined) return bundle;
  return { ...bundle, output: { ...bundle.output, volumeSize: parseSize(volumeSize) } };
}
