import type { ListedImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { AirkitError } from '../errors.ts';
import { formatFamiliar, formatReference } from '../oci/reference.ts';
import { compilePattern, referenceForms, type NameBase, type Pattern } from './pattern.ts';

/** The part of a bundles file's selector that decides about names. */
export interface NameRules {
  /** The selector's own text, such as `oci:layouts/base`. */
  readonly text: string;
  /** Names may be relative to its registry. */
  readonly from?: NameBase | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly optional: boolean;
  /** Patterns that need not choose anything, since the source could not be asked for all that they may match. */
  readonly excused?: ReadonlySet<string> | undefined;
  /** Told of an image whose labels cannot be read; it is then not chosen. Default: that is thrown. */
  readonly onFailure?: ((listed: ListedImage, error: unknown) => void) | undefined;
  /** Where the selector stands in its bundles file, 1-based. */
  readonly position: { readonly file: string; readonly line: number; readonly column: number };
}

/** An image that a selector chose, and the pattern that did. */
export interface Selection<Listed extends ListedImage> {
  readonly listed: Listed;
  readonly pattern: string;
}

/**
 * Applies a selector to what a source offers, in the order of the listing. The first pattern that matches is the reason.
 *
 * @throws AirkitError NO_MATCH when a pattern chooses nothing and the selector is not optional
 */
export async function selectImages<Listed extends ListedImage>(
  offered: readonly Listed[],
  rules: NameRules,
  options?: OperationOptions,
): Promise<Selection<Listed>[]> {
  const include = rules.include.map(compilePattern);
  const exclude = rules.exclude.map(compilePattern);
  const chosen: Selection<Listed>[] = [];
  const used = new Set<string>();
  for (const listed of offered) {
    const forms = referenceForms(listed.reference, rules.from);
    const matching = include.filter((pattern) => pattern.matches(forms));
    if (matching.length === 0 || exclude.some((pattern) => pattern.matches(forms))) continue;
    const isLabelled = await labelled(listed, rules, options);
    if (isLabelled === false) continue;
    for (const { text } of matching) used.add(text);
    if (isLabelled === undefined) continue;
    chosen.push({ listed, pattern: matching[0]?.text ?? '' });
  }
  const unused = include.filter(({ text }) => !used.has(text) && rules.excused?.has(text) !== true);
  if (unused.length > 0 && !rules.optional) throw noMatch({ unused, offered, rules });
  return chosen;
}

/** Undefined when that cannot be told. */
async function labelled(
  listed: ListedImage,
  rules: NameRules,
  options?: OperationOptions,
): Promise<boolean | undefined> {
  try {
    return await hasLabels(listed, rules, options);
  } catch (error) {
    if (rules.onFailure === undefined) throw error;
    rules.onFailure(listed, error);
    return undefined;
  }
}

async function hasLabels(
  listed: ListedImage,
  rules: NameRules,
  options?: OperationOptions,
): Promise<boolean> {
  const wanted = Object.entries(rules.labels);
  if (wanted.length === 0) return true;
  const labels = await listed.labels(options);
  return wanted.every(([key, value]) => labels[key] === value);
}

interface NoMatch {
  readonly unused: readonly Pattern[];
  readonly offered: readonly ListedImage[];
  readonly rules: NameRules;
}

function noMatch({ unused, offered, rules }: NoMatch): AirkitError {
  const { file, line, column } = rules.position;
  const problems = unused.map((pattern) => ({
    code: 'NO_MATCH',
    severity: 'error' as const,
    message: `${rules.text}: the pattern ${JSON.stringify(pattern.text)} ${whyNothing(pattern, offered, rules)}`,
    subject: file,
    reference: pattern.text,
    line,
    column,
  }));
  return new AirkitError('NO_MATCH', problems.map(({ message }) => message).join('\n'), {
    hint: `${offeredNames(offered)} A selector with "optional: true" may choose nothing.`,
    context: { path: file, line, column },
    problems,
  });
}

function whyNothing(
  pattern: Pattern,
  offered: readonly ListedImage[],
  { exclude, from }: NameRules,
): string {
  const matching = offered.filter(({ reference }) =>
    pattern.matches(referenceForms(reference, from)),
  );
  if (matching.length === 0) return 'matches nothing';
  const excluded = exclude.map(compilePattern);
  const left = matching.filter(
    ({ reference }) => !excluded.some((one) => one.matches(referenceForms(reference, from))),
  );
  const names = matching
    .slice(0, 3)
    .map(({ reference }) => formatReference(reference))
    .join(', ');
  return left.length === 0
    ? `matches only what "exclude" leaves out (${names})`
    : `matches only images without the labels asked for (${names})`;
}

function offeredNames(offered: readonly ListedImage[]): string {
  if (offered.length === 0) return 'The source offers no image at all.';
  const some = offered
    .slice(0, 5)
    .map(({ reference }) => formatFamiliar(reference))
    .join(', ');
  return `The source offers ${offered.length} names${offered.length > 5 ? ', such as' : ':'} ${some}.`;
}
