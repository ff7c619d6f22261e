import { AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { readBundlesFile } from '../spec/read-bundles-file.ts';
import { resolvePath, type Host } from './host.ts';

export interface BundleChoice {
  /** The bundles file. Default `bundles.yaml`. */
  readonly file?: string | undefined;
  /** Names of bundles. Default: all. */
  readonly bundles?: readonly string[] | undefined;
}

const DEFAULT_FILE = 'bundles.yaml';

/**
 * Reads a bundles file and picks bundles by name.
 *
 * @throws AirkitError SPEC_INVALID, USAGE for a name that the file does not have
 */
export async function readBundles(
  host: Host,
  { file = DEFAULT_FILE, bundles = [], signal }: BundleChoice & OperationOptions,
): Promise<readonly BundleSpec[]> {
  const read = await readBundlesFile(resolvePath(host, file), { signal });
  const unknown = bundles.find((name) => !read.bundles.some((bundle) => bundle.name === name));
  if (unknown !== undefined) {
    throw new AirkitError('USAGE', `${file} has no bundle ${JSON.stringify(unknown)}`, {
      hint: `It has ${read.bundles.map(({ name }) => name).join(', ')}.`,
    });
  }
  return bundles.length === 0
    ? read.bundles
    : read.bundles.filter(({ name }) => bundles.includes(name));
}
