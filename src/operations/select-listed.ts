import { AirkitError, isAirkitError } from '../errors.ts';
import type { ImageSource, ListedImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { selectImages, type Selection } from '../select/select-images.ts';

/** What a command line asks of a source. */
export interface ListedChoice {
  /** The source as it was named. */
  readonly text: string;
  /** References or patterns. */
  readonly include: readonly string[];
}

/**
 * Images of a source that a command line names.
 *
 * @throws AirkitError NO_MATCH, without a place in a bundles file, and what listing throws
 */
export async function selectListed<Listed extends ListedImage>(
  source: ImageSource<Listed>,
  { text, include }: ListedChoice,
  options: OperationOptions,
): Promise<Selection<Listed>[]> {
  const { images, skipped } = await source.list(options);
  const position = { file: 'command line', line: 1, column: 1 };
  const rules = { text, include, exclude: [], labels: {}, optional: false, position };
  try {
    return await selectImages(images, rules, options);
  } catch (error) {
    if (!isAirkitError(error, 'NO_MATCH')) throw error;
    throw new AirkitError('NO_MATCH', error.message, {
      hint: hintOf(error, skipped),
      cause: error,
    });
  }
}

/** The hint of an error without what only a bundles file can say. */
export function hintOf(error: AirkitError, skipped: readonly string[]): string | undefined {
  if (error.code === 'PLATFORM_MISSING') return 'Ask for a --platform that it has.';
  if (error.code !== 'NO_MATCH') return error.hint;
  const offered = error.hint?.replace(/ A selector with .*$/s, '') ?? '';
  const left = skipped.slice(0, 3).join('; ');
  return left === '' ? offered : `${offered} Left out: ${left}.`;
}
