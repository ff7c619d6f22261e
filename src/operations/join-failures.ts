import { AirkitError, isAirkitError, type ErrorCode, type Problem } from '../errors.ts';
import { compareStrings } from '../oci/compare.ts';
import { describeFailure, type ImageFailure } from './image-failures.ts';

/** An image that a kit was made without. */
export interface MissingImage {
  readonly reference: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is wrong with what was asked for; everything else is wrong with where it is. */
const ASKED_WRONG: ReadonlySet<ErrorCode> = new Set([
  'USAGE',
  'NO_MATCH',
  'NAME_COLLISION',
  'PLATFORM_MISSING',
  'REFERENCE_INVALID',
  'UNSUPPORTED',
  'LOCK_STALE',
]);

/**
 * Lets images be left out.
 *
 * @param skipped why sources cannot offer some of their images; told where a pattern chose nothing
 * @returns the images that are left out
 * @throws AirkitError with all failures in `problems`, unless each is one image's own and `allowMissing`. Its code is
 * theirs where they agree; else SOURCE_FAILED when a source is at fault for one, else that of the first
 */
export function leaveOut(
  failures: readonly ImageFailure[],
  { allowMissing, skipped = [] }: { allowMissing: boolean; skipped?: readonly string[] },
): MissingImage[] {
  if (failures.length > 0 && !(allowMissing && areTolerable(failures)))
    throw joinFailures(failures, skipped);
  return missingImages(failures);
}

/** Failures as results list them: in the order of the bundles file. */
export function missingImages(failures: readonly ImageFailure[]): MissingImage[] {
  return inOrder(failures).map((failure) => ({
    reference: failure.reference,
    code: failure.error.code,
    message: describeFailure(failure),
  }));
}

/** Images are attempted side by side; what is told of them does not depend on which came first. */
function inOrder(failures: readonly ImageFailure[]): ImageFailure[] {
  return failures.toSorted(
    (a, b) =>
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      (a.position?.column ?? 0) - (b.position?.column ?? 0) ||
      compareStrings(a.reference, b.reference),
  );
}

/** True when every failure is one image's own. */
export function areTolerable(failures: readonly ImageFailure[]): boolean {
  return failures.every(({ extent }) => extent === 'image');
}

/** All failures as one error. */
export function joinFailures(
  failures: readonly ImageFailure[],
  skipped: readonly string[] = [],
): AirkitError {
  const folded = foldUnreachable(inOrder(failures));
  const [first] = folded;
  if (first === undefined) throw new Error('there is no failure to tell of');
  const isOne = folded.length === 1;
  const problems = folded.map((one) => problemOf(one, { hasHint: !isOne }));
  const allowed = areTolerable(failures)
    ? 'With --allow-missing the kit is made without them.'
    : '';
  const hints = [isOne ? (first.error.hint ?? allowed) : allowed, leftOut(failures, skipped)];
  const hint = hints.filter((text) => text !== '').join(' ');
  return new AirkitError(codeOf(failures), problems.map(({ message }) => message).join('\n'), {
    hint: hint === '' ? undefined : hint,
    context: { ...first.error.context, ...first.position },
    problems,
    cause: first.error,
  });
}

function codeOf(failures: readonly ImageFailure[]): ErrorCode {
  const codes = new Set(failures.map(({ error }) => error.code));
  const [first = 'SOURCE_FAILED', ...others] = codes;
  if (others.length === 0) return first;
  return [...codes].every((code) => ASKED_WRONG.has(code)) ? first : 'SOURCE_FAILED';
}

/** A registry or engine that is down is told once, however many images it was asked for. */
function foldUnreachable(failures: readonly ImageFailure[]): (ImageFailure & { count: number })[] {
  const down = new Set(failures.flatMap(({ error }) => error.context['unreachable'] ?? []));
  const placeOf = ({ error: { code, context } }: ImageFailure): string | number | undefined => {
    const isOfLine = code === 'SOURCE_FAILED' && Number(context['status'] ?? 500) >= 429;
    const places = [context['unreachable'], context['host'], context['address']];
    return places.find((place) => isOfLine && place !== undefined && down.has(place));
  };
  const folded = new Map<unknown, ImageFailure & { count: number }>();
  for (const failure of failures) {
    const key = placeOf(failure) ?? failure;
    const known = folded.get(key);
    folded.set(key, { ...(known ?? failure), count: (known?.count ?? 0) + 1 });
  }
  return [...folded.values()];
}

function problemOf(
  failure: ImageFailure & { readonly count: number },
  { hasHint }: { readonly hasHint: boolean },
): Problem {
  const { reference, position, error, count } = failure;
  const others = count > 1 ? ` (and so for ${count - 1} more)` : '';
  return {
    code: error.code,
    severity: 'error',
    message: `${describeFailure(failure)}${others}`,
    reference,
    subject: position?.file ?? reference,
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    ...(hasHint && error.hint !== undefined ? { hint: error.hint } : {}),
  };
}

function leftOut(failures: readonly ImageFailure[], skipped: readonly string[]): string {
  const isAsking = failures.some(({ error }) => isAirkitError(error, 'NO_MATCH'));
  if (!isAsking || skipped.length === 0) return '';
  return `Left out: ${skipped.slice(0, 3).join('; ')}${skipped.length > 3 ? '; …' : ''}.`;
}
