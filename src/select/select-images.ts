import type { ListedImage } from '../content/image.ts';
import { mapLimited } from '../content/map-limited.ts';
import type { OperationOptions } from '../content/operation.ts';
import { AirkitError } from '../errors.ts';
import { formatFamiliar, formatReference, type Reference } from '../oci/reference.ts';
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
  /** All names that the source has, where it does not offer all of them. */
  readonly names?: readonly Reference[] | undefined;
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
  const named = matchNames(offered, include, rules);
  const judged = await mapLimited(
    named,
    async ({ listed }, call) => judge(listed, rules, call),
    options,
  );
  const chosen: Selection<Listed>[] = [];
  const used = new Set<string>();
  for (const [position, { listed, matching }] of named.entries()) {
    const { fits, error } = judged[position] ?? { fits: false };
    if (!fits) continue;
    for (const { text } of matching) used.add(text);
    if (error === undefined) chosen.push({ listed, pattern: matching[0]?.text ?? '' });
    else rules.onFailure?.(listed, error);
  }
  const unused = include.filter(({ text }) => !used.has(text) && rules.excused?.has(text) !== true);
  if (unused.length > 0 && !rules.optional) throw noMatch({ unused, offered, rules });
  return chosen;
}

interface NamedImage<Listed> {
  readonly listed: Listed;
  /** At least one. */
  readonly matching: readonly Pattern[];
}

function matchNames<Listed extends ListedImage>(
  offered: readonly Listed[],
  include: readonly Pattern[],
  rules: NameRules,
): NamedImage<Listed>[] {
  const exclude = rules.exclude.map(compilePattern);
  return offered.flatMap((listed) => {
    const forms = referenceForms(listed.reference, rules.from);
    const matching = include.filter((pattern) => pattern.matches(forms));
    const isOut = matching.length === 0 || exclude.some((pattern) => pattern.matches(forms));
    return isOut ? [] : [{ listed, matching }];
  });
}

/** Labels that cannot be read may fit: the pattern is then not to blame. */
async function judge(
  listed: ListedImage,
  rules: NameRules,
  options: OperationOptions,
): Promise<{ fits: boolean; error?: unknown }> {
  try {
    return { fits: await hasLabels(listed, rules, options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (rules.onFailure === undefined) throw error;
    return { fits: true, error };
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
    hint: `${offeredNames(namesOf(offered, rules))} A selector with "optional: true" may choose nothing.`,
    context: { path: file, line, column },
    problems,
  });
}

function whyNothing(pattern: Pattern, offered: readonly ListedImage[], rules: NameRules): string {
  const { exclude, from } = rules;
  const matching = namesOf(offered, rules).filter((one) =>
    pattern.matches(referenceForms(one, from)),
  );
  if (matching.length === 0) return 'matches nothing';
  const excluded = exclude.map(compilePattern);
  const left = matching.filter(
    (one) => !excluded.some((other) => other.matches(referenceForms(one, from))),
  );
  const isOffered = new Set(offered.map(({ reference }) => formatReference(reference)));
  const names = matching.slice(0, 3).map(formatReference).join(', ');
  if (left.length === 0) return `matches only what "exclude" leaves out (${names})`;
  return left.some((one) => isOffered.has(formatReference(one)))
    ? `matches only images without the labels asked for (${names})`
    : `matches only what "semver" or "newest" leaves out (${names})`;
}

function namesOf(offered: readonly ListedImage[], { names }: NameRules): readonly Reference[] {
  return names ?? offered.map(({ reference }) => reference);
}

function offeredNames(names: readonly Reference[]): string {
  if (names.length === 0) return 'The source offers no image at all.';
  const some = names.slice(0, 5).map(formatFamiliar).join(', ');
  const count = names.length === 1 ? 'one name' : `${names.length} names`;
  return `The source offers ${count}${names.length > 5 ? ', such as' : ':'} ${some}.`;
}
