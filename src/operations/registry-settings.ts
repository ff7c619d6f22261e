import type { OperationOptions } from '../content/operation.ts';
import { readRegistriesFile } from '../spec/read-registries-file.ts';
import {
  mergeRegistries,
  type RegistryEntries,
  type RegistrySettings,
} from '../spec/registry-entries.ts';
import { registriesFilesOf, type Host } from './host.ts';

/**
 * How registries are reached, by HOST or HOST:PORT: what a bundles file says, then the person's `registries.yaml`, then
 * the machine's. Of each host, each setting comes from the first that has it.
 *
 * @throws AirkitError SPEC_INVALID for a file that is not valid
 */
export async function readRegistrySettings(
  host: Host,
  { own = {}, signal }: OperationOptions & { readonly own?: RegistryEntries } = {},
): Promise<Readonly<Record<string, RegistrySettings>>> {
  const files: RegistryEntries[] = [own];
  for (const path of registriesFilesOf(host))
    files.push((await readRegistriesFile(path, { signal })) ?? {});
  return mergeRegistries(files);
}
