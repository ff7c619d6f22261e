import { AirkitError, type Problem } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { BundlesFile, BundleSpec, ImageSelector } from './bundles-file.ts';
import {
  selectorDigest,
  type LockedImage,
  type LockedSelector,
  type LockFile,
} from './lock-file.ts';

/** The images that a lock holds for each selector. */
export type LockedChoice = ReadonlyMap<ImageSelector, readonly LockedImage[]>;

export interface LockMatch {
  readonly lock: LockFile;
  /** Names the lock in errors. */
  readonly path: string;
  /** The bundles to be packed; others are not looked at. */
  readonly bundles: readonly BundleSpec[];
}

/**
 * Finds the locked images of every selector. Where a selector stands in the file does not matter, what it says does.
 *
 * @throws AirkitError LOCK_STALE with every bundle and selector that the lock does not know, and what it knows of others
 */
export function matchLock(
  match: LockMatch,
  { directory }: Pick<BundlesFile, 'directory'>,
): LockedChoice {
  const { lock, path, bundles } = match;
  const choice = new Map<ImageSelector, readonly LockedImage[]>();
  const problems: Problem[] = [];
  for (const bundle of bundles) {
    const locked = lock.bundles.find(({ name }) => name === bundle.name);
    if (locked === undefined) {
      problems.push(unknownBundle(bundle, match));
      continue;
    }
    const known = new Map(locked.selectors.map((one) => [one.selector, one]));
    const digests = new Set<Digest>();
    for (const selector of bundle.images) {
      const digest = selectorDigest(selector, directory);
      digests.add(digest);
      const found = known.get(digest);
      if (found === undefined) problems.push(unknownSelector(bundle, selector));
      else choice.set(selector, found.images);
    }
    const gone = [...known.values()].filter((one) => !digests.has(one.selector));
    problems.push(...gone.map((one) => goneSelector(bundle, one, path)));
  }
  if (problems.length > 0) throw stale(problems, path);
  return choice;
}

function unknownBundle({ name }: BundleSpec, { lock, path }: LockMatch): Problem {
  const names = lock.bundles.map((one) => one.name).join(', ');
  const message = `the lock does not know the bundle ${name}, only ${names}`;
  return { code: 'LOCK_STALE', severity: 'error', message, subject: path };
}

function unknownSelector(
  { name }: BundleSpec,
  { text, include, position }: ImageSelector,
): Problem {
  const patterns = include.length === 0 ? '' : ` ${include.join(', ')}`;
  return {
    code: 'LOCK_STALE',
    severity: 'error',
    message: `the lock does not know this selector of ${name}: ${text}${patterns}`,
    subject: position.file,
    line: position.line,
    column: position.column,
  };
}

function goneSelector(
  { name }: BundleSpec,
  { from, images }: LockedSelector,
  path: string,
): Problem {
  const patterns = [...new Set(images.map(({ pattern }) => pattern))];
  return {
    code: 'LOCK_STALE',
    severity: 'error',
    message: `the lock has a selector that ${name} has no more: ${[from, ...patterns].join(' ')}`,
    subject: path,
  };
}

function stale(problems: readonly Problem[], path: string): AirkitError {
  const [first] = problems;
  const { line, column } = first ?? {};
  return new AirkitError('LOCK_STALE', problems.map(placedMessage).join('\n'), {
    hint: 'Run `airkit lock` for all of it anew, or `airkit lock --update PATTERN` to keep what is locked; --no-lock goes without.',
    context: {
      path: first?.subject ?? path,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
    problems,
  });
}

function placedMessage({ message, subject, line, column }: Problem): string {
  return line === undefined ? message : `${subject}:${line}:${column}: ${message}`;
}
