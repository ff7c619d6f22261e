import type { ErrorObject } from 'ajv';
import { didYouMean } from './did-you-mean.ts';
import { membersOf } from './value-members.ts';

const SUMMARIES = new Set(['if', 'propertyNames']);
/** Keywords that look at one text. Where several object to it, the format explains best. */
const TEXT_KEYWORDS = new Set(['format', 'pattern', 'minLength', 'maxLength']);

/**
 * ajv's errors, one per mistake: without the branches of a union that cannot be meant, the summaries of conditions, the
 * missing keys that are only misspelt, and second objections to one text.
 */
export function withoutNoise(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const kept = errors.filter(
    (error) =>
      !SUMMARIES.has(error.keyword) && !unions.some((union) => isWrongBranch(error, union)),
  );
  const explained = new Set(
    kept.filter(({ keyword }) => keyword === 'format').map(({ instancePath }) => instancePath),
  );
  return kept.filter((error, index) => {
    if (isMisspelt(error, kept)) return false;
    if (error.keyword === 'anyOf') return !isExplained(error, kept);
    if (!TEXT_KEYWORDS.has(error.keyword) || error.propertyName !== undefined) return true;
    if (explained.has(error.instancePath)) return error.keyword === 'format';
    return index === kept.findIndex((other) => isSameText(error, other));
  });
}

/** Written inside the union itself, or the branch for another kind of node than the one that is there. */
function isWrongBranch(error: ErrorObject, union: ErrorObject): boolean {
  if (error === union || error.instancePath !== union.instancePath) return false;
  return error.keyword === 'type' || error.schemaPath.startsWith(`${union.schemaPath}/`);
}

function isExplained(union: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (isMissingSelectors(union)) return false;
  return errors.some(
    (other) =>
      other.keyword !== 'anyOf' &&
      (other.instancePath === union.instancePath ||
        other.instancePath.startsWith(`${union.instancePath}/`)),
  );
}

/** The missing key is there, misspelt, and reported as an unknown one. */
function isMisspelt(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const wanted = missingKeys(error);
  return errors.some(
    (other) =>
      other.keyword === 'additionalProperties' &&
      other.instancePath === error.instancePath &&
      wanted.includes(nearestKnown(other)),
  );
}

function missingKeys(error: ErrorObject): (string | undefined)[] {
  if (isMissingSelectors(error)) return ['images', 'containers'];
  return error.keyword === 'required' ? [String(error.params['missingProperty'])] : [];
}

/** For an unknown key: the key that was probably meant. */
export function nearestKnown(error: ErrorObject): string | undefined {
  return didYouMean(String(error.params['additionalProperty']), knownKeys(error));
}

/** For an unknown key: the keys that may stand there. */
export function knownKeys(error: ErrorObject): string[] {
  return Object.keys(membersOf(error.parentSchema?.['properties']));
}

function isSameText(a: ErrorObject, b: ErrorObject): boolean {
  return a.instancePath === b.instancePath && TEXT_KEYWORDS.has(b.keyword);
}

/** The union that demands `images` or `containers`; the other one lets a selector be a text or a map. */
export function isMissingSelectors(error: ErrorObject): boolean {
  return error.keyword === 'anyOf' && /^\/bundles\/\d+$/.test(error.instancePath);
}
