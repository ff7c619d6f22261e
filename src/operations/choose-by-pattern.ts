import { AirkitError } from '../errors.ts';
import type { BundleImage } from '../archive/bundle-index.ts';
import { parseReference } from '../oci/reference.ts';
import { compilePattern, referenceForms, type Pattern } from '../select/pattern.ts';

export interface ChosenByPattern {
  readonly chosen: readonly BundleImage[];
  /** Patterns of `exclude` that match nothing: a typing error would otherwise pass unseen. */
  readonly unused: readonly string[];
}

/**
 * Chooses images of a kit by the patterns of a command line; `exclude` wins, and without `include` all others are chosen.
 *
 * @throws AirkitError NO_MATCH for a pattern of `include` that matches nothing, and when nothing is left
 */
export function chooseByPattern(
  images: readonly BundleImage[],
  {
    include,
    exclude,
  }: { readonly include: readonly string[]; readonly exclude: readonly string[] },
): ChosenByPattern {
  const [wanted, unwanted] = [include.map(compilePattern), exclude.map(compilePattern)];
  const idle = wanted.find((pattern) => !images.some((image) => isMatch(image, [pattern])));
  if (idle !== undefined) throw noMatch(images, `--include ${idle.text}`);
  const chosen = images.filter(
    (image) => (wanted.length === 0 || isMatch(image, wanted)) && !isMatch(image, unwanted),
  );
  if (chosen.length === 0 && images.length > 0)
    throw noMatch(images, `after --exclude ${exclude.join(', ')}`);
  const unused = unwanted.filter((pattern) => !images.some((image) => isMatch(image, [pattern])));
  return { chosen, unused: unused.map(({ text }) => text) };
}

function isMatch({ reference }: BundleImage, patterns: readonly Pattern[]): boolean {
  const forms = referenceForms(parseReference(reference));
  return patterns.some((pattern) => pattern.matches(forms));
}

function noMatch(images: readonly BundleImage[], what: string): AirkitError {
  const names = images.slice(0, 5).map(({ reference }) => reference);
  return new AirkitError('NO_MATCH', `${what}: no image of the kit matches`, {
    hint: `The kit holds ${names.join(', ')}${images.length > 5 ? ', …' : ''}.`,
  });
}
