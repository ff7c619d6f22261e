import { readFile } from 'node:fs/promises';
import { AirkitError, messageOf, type Problem } from '../errors.ts';
import type { BundlesFile } from './bundles-file.ts';
import { checkBundlesFile } from './check-bundles-file.ts';

/**
 * Reads and checks a bundles file.
 *
 * @param path absolute, or relative to the working directory
 * @throws AirkitError SPEC_INVALID, whose `problems` hold everything that is wrong, in the order of the file
 */
export async function readBundlesFile(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<BundlesFile> {
  const { file, problems } = checkBundlesFile(await readText(path, options.signal), { path });
  if (file !== undefined) return file;
  const [first, ...more] = problems;
  const message =
    more.length === 0 ? oneProblem(path, first) : `${path}: ${problems.length} problems`;
  throw new AirkitError('SPEC_INVALID', message, {
    hint: more.length === 0 ? first?.hint : undefined,
    context: { path, ...place(first) },
    problems,
  });
}

function oneProblem(path: string, problem: Problem | undefined): string {
  return `${path}:${problem?.line ?? 1}:${problem?.column ?? 1}: ${problem?.message ?? 'not valid'}`;
}

function place(problem: Problem | undefined): Record<string, number> {
  return { line: problem?.line ?? 1, column: problem?.column ?? 1 };
}

async function readText(path: string, signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted();
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(path, error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, error, 'Save the file as UTF-8.');
  }
}

function unreadable(path: string, error: unknown, hint?: string): AirkitError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const message = missing
    ? `${path} does not exist`
    : `${path} cannot be read: ${messageOf(error)}`;
  const advice = missing ? 'Run `airkit init` to write one, or name another file.' : hint;
  const problem: Problem = {
    code: 'UNREADABLE',
    severity: 'error',
    message,
    subject: path,
    ...(advice === undefined ? {} : { hint: advice }),
  };
  const context = { path };
  return new AirkitError('SPEC_INVALID', message, {
    hint: advice,
    context,
    problems: [problem],
    cause: error,
  });
}
