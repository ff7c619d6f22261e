import type { BundlesFile } from './bundles-file.ts';
import { checkBundlesFile } from './check-bundles-file.ts';
import { readSpecFile, specInvalid, unreadable } from './read-spec-file.ts';

/**
 * Reads and checks a bundles file.
 *
 * @param path absolute, or relative to the working directory
 * @throws AirkitError SPEC_INVALID, whose `problems` hold everything that is wrong, in the order of the file
 */
export async function readBundlesFile(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<BundlesFile> {
  const text = await readSpecFile(path, options.signal);
  const hint = 'Run `airkit init` to write one, or name another file.';
  if (text === undefined) throw unreadable(path, 'does not exist', { hint });
  const { file, problems } = checkBundlesFile(text, { path });
  if (file === undefined) throw specInvalid(path, problems);
  return file;
}
