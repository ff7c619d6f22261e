import { readFile, stat } from 'node:fs/promises';
import { isAirkitError, messageOf, type AirkitError, type Problem } from '../errors.ts';
import { validityOf, type KeyEntry, type Validity } from './key-entry.ts';
import { keyInvalid } from './key-error.ts';
import { readKeyEntries } from './public-keys.ts';
import type { PublicKey } from './public-key.ts';
import { isRevoked, parseRevokedKeys, type RevokedKeys } from './revoked-keys.ts';
import { absentOrThrow, findTrustFiles, throwDiskFailed, type TrustPath } from './trust-files.ts';

export interface ReadTrustOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A key and the file that trusts it. */
export interface TrustedKey extends KeyEntry {
  readonly path: string;
}

/** What trust files say, not yet judged by any date. */
export interface Trust {
  /** In the order of the files; a key stands there once for each entry that names it. */
  readonly keys: readonly TrustedKey[];
  readonly revoked: RevokedKeys;
  /** KEY_INVALID: files in folders that hold no good key; `subject` is the path. */
  readonly warnings: readonly Problem[];
}

/** A key that is known and does not count. */
export interface RefusedKey {
  readonly key: PublicKey;
  readonly why: 'revoked' | Exclude<Validity, 'valid'>;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Reads trust files. A file that a person named must be good; of a folder, one that is not is passed over with a warning.
 * A list of revoked keys must always be good: passing it over would trust what somebody has revoked.
 *
 * @throws AirkitError KEY_INVALID for a path that is missing or holds no key, DISK_FAILED; both name the path
 */
export async function readTrust(
  paths: readonly TrustPath[],
  options: ReadTrustOptions = {},
): Promise<Trust> {
  const keys: TrustedKey[] = [];
  const revoked = new Set<string>();
  const warnings: Problem[] = [];
  for (const { path, isNamed, kind } of await findTrustFiles(paths, options)) {
    try {
      const text = await readSmall(path, options);
      if (kind === 'revoked')
        for (const name of parseRevokedKeys(text, { path })) revoked.add(name);
      else for (const entry of readKeyEntries(text, { path })) keys.push({ ...entry, path });
    } catch (error) {
      if (isNamed || kind === 'revoked' || !isAirkitError(error)) throw error;
      warnings.push(passedOver(path, error));
    }
  }
  return { keys, revoked, warnings };
}

/**
 * Parts the keys by what counts: one that is revoked never does, any other does while one of its entries is valid.
 *
 * @param at milliseconds since 1970
 */
export function judgeKeys(
  { keys, revoked }: Trust,
  at: number,
): { readonly trusted: readonly PublicKey[]; readonly refused: readonly RefusedKey[] } {
  const trusted = new Map<string, PublicKey>();
  const refused = new Map<string, RefusedKey>();
  for (const entry of keys) {
    const { key } = entry;
    const validity = validityOf(entry, at);
    if (isRevoked(revoked, { keyId: key.keyId, key }))
      refused.set(key.keyId, { key, why: 'revoked' });
    else if (validity === 'valid') trusted.set(key.keyId, key);
    else refused.set(key.keyId, { key, why: validity });
  }
  for (const keyId of trusted.keys()) refused.delete(keyId);
  return { trusted: [...trusted.values()], refused: [...refused.values()] };
}

/**
 * Reads a small file of keys as text.
 *
 * @throws AirkitError KEY_INVALID for a file that is missing, a folder, or above 1 MiB, DISK_FAILED
 */
export async function readSmall(path: string, { signal }: ReadTrustOptions = {}): Promise<string> {
  const found = await stat(path).catch((error: unknown) => absentOrThrow(path, error));
  if (found === undefined) throw keyInvalid(`${path}: there is no such file`, undefined, { path });
  if (found.isDirectory()) throw keyInvalid(`${path}: it is a folder`, undefined, { path });
  if (found.size > MAX_BYTES) {
    const message = `${path}: ${found.size} bytes are too many for public keys`;
    throw keyInvalid(message, undefined, { path });
  }
  return readFile(path, { encoding: 'utf8', signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    return throwDiskFailed(path, error);
  });
}

function passedOver(path: string, error: AirkitError): Problem {
  return {
    code: 'KEY_INVALID',
    severity: 'warning',
    subject: path,
    message: `${messageOf(error)}; the file is passed over`,
    hint: error.hint ?? 'Mend it, or take it out of the folder of trusted keys.',
  };
}
