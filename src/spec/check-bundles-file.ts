import { dirname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import type { BundlesFile } from './bundles-file.ts';
import type { BundlesDocument } from './bundles-file.generated.ts';
import type { PlacedComplaint, TextComplaint } from './complaint.ts';
import { crossChecks } from './cross-checks.ts';
import { normaliseBundles } from './normalise-bundles.ts';
import { checkAgainstSchema } from './schema-check.ts';
import { placeInText, problemsOf } from './text-problems.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

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
  const { document, complaints } = readYaml(source);
  const checked = document === undefined ? { complaints: [] } : checkDocument(document);
  const problems = problemsOf([...complaints, ...checked.complaints], { text: source, path });
  if (document === undefined || checked.value === undefined || problems.length > 0) {
    return { problems };
  }
  const place = placeInText(source);
  const file = normaliseBundles(checked.value, {
    path,
    directory: dirname(resolve(path)),
    positionOf: (at) => ({ file: path, ...place(document.locate(at, 'value').start) }),
  });
  return { file, problems };
}

interface CheckedDocument {
  readonly value?: BundlesDocument | undefined;
  readonly complaints: readonly TextComplaint[];
}

function checkDocument(document: YamlDocument): CheckedDocument {
  if (document.value === null || document.value === undefined) {
    const hint = 'Run `airkit init` for a commented file to start from.';
    const empty = { message: 'the file holds nothing', hint, start: 0, end: 1 };
    return { complaints: [{ code: 'EMPTY_FILE', ...empty }] };
  }
  const { value, complaints } = checkAgainstSchema(document);
  const found = [...complaints, ...crossChecks(document.value)];
  return { value, complaints: found.map((complaint) => inText(complaint, document)) };
}

function inText(complaint: PlacedComplaint, document: YamlDocument): TextComplaint {
  const { code, message, hint, path, part } = complaint;
  return { code, message, hint, ...document.locate(path, part) };
}
