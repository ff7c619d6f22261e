import type { MissingImage } from '../index.ts';
import { EXIT } from './exit-codes.ts';
import { plural } from './format.ts';
import type { CommandResult } from './run-command.ts';

/** One image that was left out, for people. */
export function missingText({ message, code }: MissingImage): string {
  return `left out: ${message} (${code})`;
}

/** How a command went that was allowed to leave images out. */
export function partlyDone(
  parts: readonly { readonly missing: readonly MissingImage[] }[],
): Pick<CommandResult, 'error' | 'exitCode'> {
  const missing = parts.flatMap((part) => part.missing);
  if (missing.length === 0) return {};
  const names = missing.map(({ reference }) => reference).join(', ');
  return {
    exitCode: EXIT.partly,
    error: {
      code: 'PARTLY_DONE',
      message: `${plural(missing.length, 'image')} left out: ${names}`,
      hint: 'The bundle is not complete: load what there is, and pack again once these can be had.',
    },
  };
}
