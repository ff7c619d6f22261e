import { isAirkitError } from '../errors.ts';
import { splitSignerLines } from './allowed-signers.ts';
import { keyInvalid } from './key-error.ts';
import { isPem, readPublicKeys } from './public-keys.ts';
import { sshFingerprintOf, type PublicKey } from './public-key.ts';
import { parseSshKeyBlob } from './ssh-key-blob.ts';

/** Keys that never count, by their ids and SSH fingerprints, without padding. */
export type RevokedKeys = ReadonlySet<string>;

const FINGERPRINT = /^(SHA256:[A-Za-z0-9+/]{43})=?(?:\s|$)/;
const KRL_MAGIC = 'SSHKRL\n';

/**
 * Reads a list of revoked keys: public keys as PEM, or one line each, as `ssh-keygen -Y verify -r` takes them too, or as
 * a key id or fingerprint `SHA256:…`. Keys of every kind can be revoked. An empty list is a good one.
 *
 * @param options.path names the text in errors
 * @returns key ids and fingerprints without padding
 * @throws AirkitError KEY_INVALID, also for OpenSSH's binary lists (KRL)
 */
export function parseRevokedKeys(text: string, { path }: { readonly path: string }): Set<string> {
  if (text.startsWith(KRL_MAGIC)) {
    throw keyInvalid(
      `${path}: a binary revocation list of OpenSSH (KRL) cannot be read`,
      'Write the revoked public keys or fingerprints into a text file, one in a line.',
      { path },
    );
  }
  try {
    if (isPem(text)) return new Set(readPublicKeys(text, { path }).flatMap(namesOf));
    return new Set(parseLines(text));
  } catch (error) {
    if (!isAirkitError(error) || error.context['path'] !== undefined) throw error;
    throw keyInvalid(`${path}: ${error.message}`, error.hint, { path });
  }
}

/** True when the list names the key. A key that is only known by its id is looked up by that. */
export function isRevoked(
  revoked: RevokedKeys,
  { keyId, key }: { readonly keyId: string; readonly key?: PublicKey | undefined },
): boolean {
  return [unpadded(keyId), ...(key === undefined ? [] : namesOf(key))].some((name) =>
    revoked.has(name),
  );
}

/** True for a key id or an SSH fingerprint. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text) && !/\s/.test(text);
}

/** Key ids are padded, SSH fingerprints are not; people copy either. */
export function unpadded(fingerprint: string): string {
  return fingerprint.replace(/=+$/, '');
}

function parseLines(text: string): string[] {
  const found: string[] = [];
  const others = text.split(/\r?\n/).map((line) => {
    const fingerprint = FINGERPRINT.exec(line.trim())?.[1];
    if (fingerprint === undefined) return line;
    found.push(fingerprint);
    return '';
  });
  const keys = splitSignerLines(others.join('\n')).flatMap(({ blob }) => {
    const key = parseSshKeyBlob(blob);
    return key === undefined ? [sshFingerprintOf(blob)] : namesOf(key);
  });
  return [...found, ...keys];
}

function namesOf({ keyId, sshFingerprint }: PublicKey): string[] {
  return [unpadded(keyId), sshFingerprint];
}
