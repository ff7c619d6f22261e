import { AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundlesFile, BundleSpec } from '../spec/bundles-file.ts';
import { DEFAULT_OUTPUT_PATH, outputPath } from '../spec/output-path.ts';
import { readBundlesFile } from '../spec/read-bundles-file.ts';
import type { RegistrySettings } from '../spec/registry-entries.ts';
import { expandDiscover, type BundleDiscovery } from './expand-discover.ts';
import { findLock, type Lock, type LockUse } from './find-lock.ts';
import { resolvePath, type Host } from './host.ts';
import { readRegistrySettings } from './registry-settings.ts';

export interface BundleChoice {
  /** The bundles file. Default `bundles.yaml`. */
  readonly file?: string | undefined;
  /** Names of bundles. Default: all. */
  readonly bundles?: readonly string[] | undefined;
  /** The kit folder of the one bundle chosen; stands in for the bundles file's `output.path`. */
  readonly output?: string | undefined;
  /** Whether the lock beside the bundles file is used. Default `if-present`. */
  readonly lock?: LockUse | undefined;
}

export interface ChosenBundles {
  readonly file: BundlesFile;
  /** Undefined when there is none, or none is to be used. */
  readonly lock: Lock | undefined;
  /** References that files name stand in `include`. */
  readonly bundles: readonly BundleSpec[];
  /** What those files gave, by the name of the bundle. */
  readonly discoveries: ReadonlyMap<string, BundleDiscovery>;
  /** How to reach registries, by HOST or HOST:PORT, with what person and machine have set. */
  readonly registries: Readonly<Record<string, RegistrySettings>>;
}

const DEFAULT_FILE = 'bundles.yaml';

/**
 * Reads a bundles file and picks bundles by name. How registries are reached is read from the machine, too.
 *
 * @throws AirkitError SPEC_INVALID, USAGE for a name that the file does not have, or one output for several bundles;
 * LOCK_STALE; what discovering references throws
 */
export async function readBundles(
  host: Host,
  {
    file = DEFAULT_FILE,
    bundles = [],
    output,
    lock: use = 'if-present',
    signal,
  }: BundleChoice & OperationOptions,
): Promise<ChosenBundles> {
  const read = await readBundlesFile(resolvePath(host, file), { signal });
  const unknown = bundles.find((name) => !read.bundles.some((bundle) => bundle.name === name));
  if (unknown !== undefined) {
    throw new AirkitError('USAGE', `${file} has no bundle ${JSON.stringify(unknown)}`, {
      hint: `It has ${read.bundles.map(({ name }) => name).join(', ')}.`,
    });
  }
  const chosen =
    bundles.length === 0 ? read.bundles : read.bundles.filter(({ name }) => bundles.includes(name));
  if (output === undefined || chosen.length === 1) {
    const expanded = await expandBundles(host, { file: read, bundles: chosen }, { signal });
    const lock = await findLock({ ...expanded, use }, { signal });
    const registries = await readRegistrySettings(host, { own: read.registries, signal });
    return { ...expanded, lock, registries };
  }
  throw new AirkitError(
    'USAGE',
    `-o names one kit folder, but there are ${chosen.length} bundles`,
    {
      hint: 'Choose one with --bundle NAME.',
    },
  );
}

type Expanded = Pick<ChosenBundles, 'file' | 'bundles' | 'discoveries'>;

/** Chosen bundles with the references that files name; in the file, too, which a renewed lock is compared with. */
async function expandBundles(
  host: Host,
  { file, bundles }: Pick<ChosenBundles, 'file' | 'bundles'>,
  options: OperationOptions,
): Promise<Expanded> {
  const discoveries = new Map<string, BundleDiscovery>();
  const byName = new Map<string, BundleSpec>();
  for (const one of bundles) {
    const context = { host, directory: file.directory };
    const { bundle, discovery } = await expandDiscover(one, context, options);
    discoveries.set(one.name, discovery);
    byName.set(one.name, bundle);
  }
  const replace = (list: readonly BundleSpec[]): BundleSpec[] =>
    list.map((one) => byName.get(one.name) ?? one);
  return {
    file: { ...file, bundles: replace(file.bundles) },
    bundles: replace(bundles),
    discoveries,
  };
}

export interface OutputChoice extends Pick<BundleChoice, 'output'> {
  /** Of the bundles file, absolute. */
  readonly directory: string;
  /** What a thin kit's folder is called beside its name and version; not where a person chose the name. */
  readonly from: string;
}

/** Where a bundle's kit goes, absolute. */
export function outputFolder(
  host: Host,
  { name, version, output: { path } }: BundleSpec,
  { output, directory, from }: OutputChoice,
): string {
  if (output !== undefined) return resolvePath(host, output);
  const isDefault = path === outputPath(DEFAULT_OUTPUT_PATH, { name, version, directory });
  return isDefault ? `${path}${from}` : path;
}
