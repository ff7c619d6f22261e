import { dirname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import type { BundlesFile } from './bundles-file.ts';
import { checkText } from './check-text.ts';
import { crossChecks } from './cross-checks.ts';
import { normaliseBundles } from './normalise-bundles.ts';
import { placeInText } from './text-problems.ts';

export interface CheckedBundlesFile {
  /** Present exactly when there are no problems. */
  readonly file?: BundlesFile | undefined;
  /** Everything that is wrong, in the order of the file; codes are those of `SpecProblemCode`. */
  readonly problems: readonly Problem[];
}

/**
 * Checks the text of a bundles file completely. Never throws.
 *
 * @param options.path names the file in problems; relative paths in the file start from its folder
 */
export function checkBundlesFile(text: string, { path }: { path: string }): CheckedBundlesFile {
  const source = text.replace(/^\uFEFF/, '');
  const emptyHint = 'Run `airkit init` for a commented file to start from.';
  const rules = { kind: 'bundles', path, emptyHint, crossChecks } as const;
  const { checked, problems } = checkText(source, rules);
  if (checked === undefined) return { problems };
  const place = placeInText(source);
  const file = normaliseBundles(checked.value, {
    path,
    directory: dirname(resolve(path)),
    positionOf: (at) => ({ file: path, ...place(checked.document.locate(at, 'value').start) }),
  });
  return { file, problems };
}
