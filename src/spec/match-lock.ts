import { AirkitError, type Problem } from '../errors.ts';
import type { BundlesFile, BundleSpec, ImageSelector } from './bundles-file.ts';
import { selectorDigest, type LockedBundle, type LockedImage, type LockFile } from './lock-file.ts';

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
 * @throws AirkitError LOCK_STALE with every selector that the lock does not know, and what it knows of others
 */
export function matchLock(
  { lock, path, bundles }: LockMatch,
  { directory }: Pick<BundlesFile, 'directory'>,
): LockedChoice {
  const choice = new Map<ImageSelector, readonly LockedImage[]>();
  const problems: Problem[] = [];
  for (const bundle of bundles) {
    const locked = lock.bundles.find(({ name }) => name === bundle.name);
    const known = new Map(locked?.selectors.map((one) => [one.selector, one]));
    for (const selector of bundle.images) {
      const digest = selectorDigest(selector, directory);
      const found = known.get(digest);
      if (found === undefined) problems.push(unknownSelector(bundle, selector));
      else choice.set(selector, found.images);
    }
    const digests = new Set(bundle.images.map((one) => selectorDigest(one, directory)));
    problems.push(...goneSelectors({ bundle, locked, digests, path }));
  }
  if (problems.length > 0) throw stale(problems, path);
  return choice;
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

interface GoneRequest {
  readonly bundle: BundleSpec;
  readonly locked: LockedBundle | undefined;
  readonly digests: ReadonlySet<string>;
  readonly path: string;
}

function goneSelectors({ bundle, locked, digests, path }: GoneRequest): Problem[] {
  const gone = locked?.selectors.filter(({ selector }) => !digests.has(selector)) ?? [];
  return gone.map(({ from, images }) => ({
    code: 'LOCK_STALE',
    severity: 'error',
    message: `${path} holds ${images.length} images of a selector that ${bundle.name} has no more: ${from}`,
    subject: path,
  }));
}

function stale(problems: readonly Problem[], path: string): AirkitError {
  const [first] = problems;
  const place =
    first?.line === undefined ? '' : `${first.subject}:${first.line}:${first.column ?? 1}: `;
  const { line, column } = first ?? {};
  return new AirkitError('LOCK_STALE', `${place}${first?.message}`, {
    hint: 'Run `airkit lock` for all of it anew, or `airkit lock --update PATTERN` to keep what is locked; --no-lock goes without.',
    context: {
      path: first?.subject ?? path,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
    problems,
  });
}
