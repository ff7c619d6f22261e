import type { ListedContainer } from '../content/container.ts';
import { AirkitError } from '../errors.ts';
import type { ContainerSelector } from '../spec/bundles-file.ts';
import { compilePattern } from './pattern.ts';

/** A container that a selector chose, and the pattern that did. */
export interface ContainerSelection {
  readonly container: ListedContainer;
  readonly pattern: string;
}

export interface ContainerChoice {
  /** In the order of the listing. */
  readonly chosen: readonly ContainerSelection[];
  /** NO_MATCH for each pattern that chooses nothing, unless the selector is optional. */
  readonly unused: readonly { readonly pattern: string; readonly error: AirkitError }[];
}

/** Digits from which on a pattern may be the beginning of an ID: fewer may be a word. */
const ID_DIGITS = 6;

/**
 * Applies a selector to the containers of an engine, running or not. A pattern is tried against the name, with and without
 * the slash that Docker puts in front of it, and the ID, whole and in twelve digits; what begins an ID, and is nobody's name,
 * stands for that ID.
 */
export function selectContainers(
  offered: readonly ListedContainer[],
  selector: ContainerSelector,
): ContainerChoice {
  const matchers = selector.include.map((text) => ({ text, matches: matcher(text, offered) }));
  const excluded = selector.exclude.map((text) => matcher(text, offered));
  const chosen: ContainerSelection[] = [];
  const used = new Set<string>();
  for (const container of offered) {
    const matching = matchers.filter(({ matches }) => matches(container));
    const isOut = excluded.some((matches) => matches(container)) || !hasLabels(container, selector);
    if (matching.length === 0 || isOut) continue;
    for (const { text } of matching) used.add(text);
    chosen.push({ container, pattern: matching[0]?.text ?? '' });
  }
  const unused = selector.include
    .filter((pattern) => !used.has(pattern) && !selector.optional)
    .map((pattern) => ({ pattern, error: noMatch(pattern, offered, selector) }));
  return { chosen, unused };
}

type Matcher = (container: ListedContainer) => boolean;

function matcher(text: string, offered: readonly ListedContainer[]): Matcher {
  const pattern = compilePattern(text);
  const isName = offered.some(({ name }) => name === text);
  const isIdStart = text.length >= ID_DIGITS && /^[0-9a-f]+$/.test(text) && !isName;
  return ({ id, name }) =>
    pattern.matches([name, `/${name}`, id, id.slice(0, 12)]) || (isIdStart && id.startsWith(text));
}

function hasLabels({ labels }: ListedContainer, selector: ContainerSelector): boolean {
  return Object.entries(selector.labels).every(([key, value]) => labels[key] === value);
}

function noMatch(
  pattern: string,
  offered: readonly ListedContainer[],
  selector: ContainerSelector,
): AirkitError {
  const matches = matcher(pattern, offered);
  const left = offered.filter(matches).map(({ name }) => name);
  const why =
    left.length === 0
      ? 'matches no container'
      : `matches only containers that "exclude" or "labels" leave out (${left.slice(0, 3).join(', ')})`;
  const names = offered.map(({ name }) => name);
  const some = names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
  const there = names.length === 0 ? 'The engine has no container at all.' : `There are ${some}.`;
  const { file, line, column } = selector.position;
  return new AirkitError(
    'NO_MATCH',
    `${selector.text}: the pattern ${JSON.stringify(pattern)} ${why}`,
    {
      hint: `${there} A selector with "optional: true" may choose nothing.`,
      context: { path: file, line, column },
    },
  );
}
