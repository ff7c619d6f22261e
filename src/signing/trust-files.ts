import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, messageOf } from '../errors.ts';
import { keyInvalid } from './key-error.ts';

/**
 * A file of public keys, or a folder of such files. One that a person named must be there; a standard folder is
 * given as `optional`: it may be absent or empty.
 */
export type TrustPath = string | { readonly path: string; readonly optional: boolean };

export interface TrustFile {
  readonly path: string;
  /** True when the file itself was given, false for one that was found in a folder. */
  readonly isNamed: boolean;
  readonly kind: 'keys' | 'revoked';
}

const TRUST_FILE = /^[^.].*\.(pub|allowed_signers|revoked)$/;

/**
 * Lists trust files: a file as it is given; of a folder its `*.pub`, `*.allowed_signers` and `*.revoked`, sorted.
 *
 * @throws AirkitError KEY_INVALID for a path that is missing or a folder without such files, DISK_FAILED
 */
export async function findTrustFiles(
  paths: readonly TrustPath[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TrustFile[]> {
  const files: TrustFile[] = [];
  for (const entry of paths) {
    signal?.throwIfAborted();
    const { path, optional } = typeof entry === 'string' ? { path: entry, optional: false } : entry;
    files.push(...(await expandPath(path, optional)));
  }
  return files;
}

async function expandPath(path: string, optional: boolean): Promise<TrustFile[]> {
  const found = await stat(path).catch((error: unknown) => absentOrThrow(path, error));
  if (found === undefined) {
    if (optional) return [];
    throw keyInvalid(`${path}: there is no such file or folder of trusted keys`, undefined, {
      path,
    });
  }
  if (!found.isDirectory()) return [trustFile(path, true)];
  const names = await readdir(path).catch((error: unknown) => throwDiskFailed(path, error));
  const files = names.filter((name) => TRUST_FILE.test(name)).toSorted();
  if (files.length > 0 || optional) return files.map((name) => trustFile(join(path, name), false));
  throw keyInvalid(`${path}: no *.pub and no *.allowed_signers is in the folder`, undefined, {
    path,
  });
}

function trustFile(path: string, isNamed: boolean): TrustFile {
  return { path, isNamed, kind: path.endsWith('.revoked') ? 'revoked' : 'keys' };
}

/** Undefined for a path that is not there. @throws AirkitError DISK_FAILED */
export function absentOrThrow(path: string, error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  return throwDiskFailed(path, error);
}

/** @throws AirkitError DISK_FAILED for a failure of the file system */
export function throwDiskFailed(path: string, error: unknown): never {
  throw new AirkitError('DISK_FAILED', `${path}: cannot read trusted keys: ${messageOf(error)}`, {
    context: { path },
    cause: error,
  });
}
