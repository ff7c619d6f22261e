import { AirkitError, isAirkitError } from '../errors.ts';
import type { ListedImage, Listing } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatReference } from '../oci/reference.ts';
import { selectImages, type Selection } from '../select/select-images.ts';
import type { ImageSelector } from '../spec/bundles-file.ts';
import type { FailureLog } from './image-failures.ts';

/**
 * Applies a selector to a listing. Names that could not be listed, labels that cannot be read and patterns that choose
 * nothing are noted one by one; the rest is chosen.
 */
export async function selectAll(
  { selector, failures }: { readonly selector: ImageSelector; readonly failures: FailureLog },
  listing: Listing,
  options: OperationOptions,
): Promise<Selection<ListedImage>[]> {
  const { position } = selector;
  for (const { name, error } of listing.failures ?? [])
    failures.note({ reference: name, position }, error);
  const excused = new Set(listing.failures?.flatMap(({ patterns }) => patterns));
  const rules = {
    ...selector,
    excused,
    names: listing.names,
    onFailure: ({ reference }: ListedImage, error: unknown) =>
      failures.note({ reference: formatReference(reference), position }, error),
  };
  try {
    return await selectImages(listing.images, rules, options);
  } catch (error) {
    const unused = noteUnused({ selector, failures }, error);
    const include = selector.include.filter((pattern) => !unused.has(pattern));
    return selectImages(listing.images, { ...rules, include }, options);
  }
}

/** Notes patterns that choose nothing. @throws every other error */
function noteUnused(
  { selector, failures }: { readonly selector: ImageSelector; readonly failures: FailureLog },
  error: unknown,
): Set<string> {
  if (!isAirkitError(error, 'NO_MATCH')) throw error;
  const { hint, context } = error;
  const unused = new Set<string>();
  for (const { message, reference } of error.problems) {
    const pattern = reference ?? selector.text;
    unused.add(pattern);
    const single = new AirkitError('NO_MATCH', message, { hint, context });
    failures.note({ reference: pattern, position: selector.position }, single);
  }
  return unused;
}
