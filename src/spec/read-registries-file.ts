import { readSpecFile, specInvalid } from './read-spec-file.ts';
import type { RegistryEntries } from './registry-entries.ts';

/**
 * Reads and checks a `registries.yaml`; undefined when there is no such file.
 *
 * @param path absolute
 * @throws AirkitError SPEC_INVALID, whose `problems` hold everything that is wrong, in the order of the file
 */
export async function readRegistriesFile(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RegistryEntries | undefined> {
  const text = await readSpecFile(path, options.signal);
  if (text === undefined) return undefined;
  // Most machines have none, and then need no YAML library.
  const { checkRegistriesFile } = await import('./check-registries-file.ts');
  const { entries, problems } = checkRegistriesFile(text, { path });
  if (entries === undefined) throw specInvalid(path, problems);
  return entries;
}
