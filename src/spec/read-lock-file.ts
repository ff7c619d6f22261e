import { readFile } from 'node:fs/promises';
import { AirkitError, messageOf } from '../errors.ts';
import type { LockFile } from './lock-file.ts';
import { parseLockFile } from './parse-lock-file.ts';

export interface ReadLock {
  readonly lock: LockFile;
  /** As it stands in the file. */
  readonly text: string;
}

/**
 * Reads a lock; undefined when there is none.
 *
 * @param path absolute, or relative to the working directory
 * @throws AirkitError SPEC_INVALID
 */
export async function readLockFile(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ReadLock | undefined> {
  const text = await readText(path, signal);
  return text === undefined ? undefined : { lock: parseLockFile(text, { path }), text };
}

async function readText(path: string, signal?: AbortSignal): Promise<string | undefined> {
  signal?.throwIfAborted();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path, { signal }));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    const message = `${path} cannot be read: ${messageOf(error)}`;
    throw new AirkitError('SPEC_INVALID', message, {
      hint: 'Take the lock back from version control, or pack without it: --no-lock.',
      context: { path },
      problems: [{ code: 'UNREADABLE', severity: 'error', message, subject: path }],
      cause: error,
    });
  }
}
