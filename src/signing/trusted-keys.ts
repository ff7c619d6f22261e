import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, messageOf } from '../errors.ts';
import { keyInvalid } from './key-error.ts';
import type { PublicKey } from './p256-public-key.ts';
import { readPublicKeys } from './public-keys.ts';

/**
 * A file of public keys, or a folder of such files. One that a person named must be there; a standard folder is
 * given as `optional`: it may be absent or empty.
 */
export type TrustPath = string | { readonly path: string; readonly optional: boolean };

export interface ReadTrustOptions {
  readonly signal?: AbortSignal | undefined;
}

const MAX_BYTES = 1024 * 1024;
const KEY_FILE = /^[^.].*\.(pub|allowed_signers)$/;

/**
 * Reads the trusted keys, each once, in the order of the paths.
 *
 * @throws AirkitError KEY_INVALID for a path that is missing or holds no key, DISK_FAILED; both name the path
 */
export async function readTrustedKeys(
  paths: readonly TrustPath[],
  options: ReadTrustOptions = {},
): Promise<PublicKey[]> {
  const keys = new Map<string, PublicKey>();
  for (const path of await findTrustFiles(paths, options)) {
    for (const key of await readKeyFile(path, options)) {
      if (!keys.has(key.keyId)) keys.set(key.keyId, key);
    }
  }
  return [...keys.values()];
}

/**
 * Lists the key files: a file as it is given; of a folder its `*.pub` and `*.allowed_signers`, sorted.
 *
 * @throws as {@link readTrustedKeys}
 */
export async function findTrustFiles(
  paths: readonly TrustPath[],
  { signal }: ReadTrustOptions = {},
): Promise<string[]> {
  const files: string[] = [];
  for (const entry of paths) {
    signal?.throwIfAborted();
    const { path, optional } = typeof entry === 'string' ? { path: entry, optional: false } : entry;
    files.push(...(await expandPath(path, optional)));
  }
  return files;
}

async function expandPath(path: string, optional: boolean): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => absentOrThrow(path, error));
  if (found === undefined) {
    if (optional) return [];
    throw keyInvalid(`${path}: there is no such file or folder of trusted keys`, undefined, {
      path,
    });
  }
  if (!found.isDirectory()) return [path];
  const names = await readdir(path).catch((error: unknown) => throwDiskFailed(path, error));
  const files = names.filter((name) => KEY_FILE.test(name)).toSorted();
  if (files.length > 0 || optional) return files.map((name) => join(path, name));
  throw keyInvalid(`${path}: no *.pub and no *.allowed_signers is in the folder`, undefined, {
    path,
  });
}

async function readKeyFile(path: string, { signal }: ReadTrustOptions): Promise<PublicKey[]> {
  const { size } = await stat(path).catch((error: unknown) => throwDiskFailed(path, error));
  if (size > MAX_BYTES)
    throw keyInvalid(`${path}: ${size} bytes are too many for public keys`, undefined, { path });
  const text = await readFile(path, { encoding: 'utf8', signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    return throwDiskFailed(path, error);
  });
  return readPublicKeys(text, { path });
}

function absentOrThrow(path: string, error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  return throwDiskFailed(path, error);
}

function throwDiskFailed(path: string, error: unknown): never {
  throw new AirkitError('DISK_FAILED', `${path}: cannot read trusted keys: ${messageOf(error)}`, {
    context: { path },
    cause: error,
  });
}
