import { dirname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { checkText } from './check-text.ts';
import { normaliseRegistries, type RegistryEntries } from './registry-entries.ts';

export interface CheckedRegistriesFile {
  /** Present exactly when there are no problems. */
  readonly entries?: RegistryEntries | undefined;
  /** Everything that is wrong, in the order of the file; codes are those of `SpecProblemCode`. */
  readonly problems: readonly Problem[];
}

/**
 * Checks the text of a `registries.yaml` as strictly as a bundles file. Never throws.
 *
 * @param options.path names the file in problems; relative paths in the file start from its folder
 */
export function checkRegistriesFile(
  text: string,
  { path }: { readonly path: string },
): CheckedRegistriesFile {
  const emptyHint = 'Write registries: { HOST: { … } }, or remove the file.';
  const { checked, problems } = checkText(text.replace(/^\uFEFF/, ''), {
    kind: 'registries',
    path,
    emptyHint,
  });
  if (checked === undefined) return { problems };
  const directory = dirname(resolve(path));
  return { entries: normaliseRegistries(checked.value.registries, directory), problems };
}
