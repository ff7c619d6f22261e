import type { Problem } from '../errors.ts';
import { validityOf } from '../signing/key-entry.ts';
import { isRevoked } from '../signing/revoked-keys.ts';
import { readTrust, type TrustedKey, type Trust } from '../signing/trusted-keys.ts';
import { trustFoldersOf, type Host } from './host.ts';

/** A trusted key for people and scripts. */
export interface ListedKey {
  readonly keyId: string;
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly kind: string;
  /** Absolute. */
  readonly path: string;
  readonly status: 'valid' | 'expired' | 'not-yet-valid' | 'revoked';
  readonly principals?: string | undefined;
  readonly namespaces?: string | undefined;
  /** RFC 3339. */
  readonly validAfter?: string | undefined;
  readonly validBefore?: string | undefined;
}

export interface TrustListing {
  /** Where trusted keys are looked for, absolute. */
  readonly folders: readonly string[];
  readonly keys: readonly ListedKey[];
  /** Key ids and SSH fingerprints, sorted. */
  readonly revoked: readonly string[];
  /** Files that hold no good key. */
  readonly warnings: readonly Problem[];
}

/**
 * Lists the keys that this user trusts without `--trust`, judged now.
 *
 * @throws AirkitError KEY_INVALID for a list of revoked keys that cannot be read, DISK_FAILED
 */
export async function trustList(
  host: Host,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TrustListing> {
  const folders = trustFoldersOf(host);
  const paths = folders.map((path) => ({ path, optional: true }));
  const trust = await readTrust(paths, options);
  const now = Date.now();
  return {
    folders,
    keys: trust.keys.map((entry) => listedKey(entry, trust, now)),
    revoked: [...trust.revoked].toSorted(),
    warnings: trust.warnings,
  };
}

function listedKey(entry: TrustedKey, { revoked }: Trust, now: number): ListedKey {
  const { key, path, principals, namespaces, validAfter, validBefore } = entry;
  const { keyId, sshFingerprint: fingerprint, kind } = key;
  const status = isRevoked(revoked, { keyId, key }) ? 'revoked' : validityOf(entry, now);
  return {
    keyId,
    fingerprint,
    kind,
    path,
    status,
    principals,
    namespaces,
    validAfter: asTime(validAfter),
    validBefore: asTime(validBefore),
  };
}

function asTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined
    ? undefined
    : new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
