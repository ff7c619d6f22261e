import { readFile } from 'node:fs/promises';
import { AirkitError, messageOf, type Problem } from '../errors.ts';

/**
 * The text of a YAML file that airkit checks; undefined when there is no such file.
 *
 * @throws AirkitError SPEC_INVALID with the problem `UNREADABLE`
 */
export async function readSpecFile(
  path: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  signal?.throwIfAborted();
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (isMissing(error)) return undefined;
    throw unreadable(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const why = `cannot be read: ${messageOf(error)}`;
    throw unreadable(path, why, { cause: error, hint: 'Save the file as UTF-8.' });
  }
}

/** SPEC_INVALID with everything that is wrong with a file, in the order of the file. */
export function specInvalid(path: string, problems: readonly Problem[]): AirkitError {
  const [first, ...more] = problems;
  const [line, column] = [first?.line ?? 1, first?.column ?? 1];
  const message =
    more.length === 0
      ? `${path}:${line}:${column}: ${first?.message ?? 'not valid'}`
      : `${path}: ${problems.length} problems`;
  const hint = more.length === 0 ? first?.hint : undefined;
  return new AirkitError('SPEC_INVALID', message, {
    hint,
    context: { path, line, column },
    problems,
  });
}

/** SPEC_INVALID for a file of which nothing can be read. */
export function unreadable(
  path: string,
  why: string,
  { hint, cause }: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
): AirkitError {
  const message = `${path} ${why}`;
  const problem: Problem = {
    code: 'UNREADABLE',
    severity: 'error',
    message,
    subject: path,
    ...(hint === undefined ? {} : { hint }),
  };
  const context = { path };
  return new AirkitError('SPEC_INVALID', message, { hint, context, problems: [problem], cause });
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))
  );
}
