import { createPublicKey } from 'node:crypto';
import { isAirkitError } from '../errors.ts';
import { parseAllowedSigners } from './allowed-signers.ts';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import { publicKeyOf, type PublicKey } from './p256-public-key.ts';
import { parsePem, type PemBlock } from './pem.ts';

/**
 * Reads the ECDSA P-256 public keys of a text: PEM as `openssl` and `cosign` write it, one or more; or lines of
 * allowed_signers or of `ssh-keygen`.
 *
 * @param options.path names the text in errors
 * @throws AirkitError KEY_INVALID, also for a text without a key
 */
export function readPublicKeys(text: string, { path }: { readonly path: string }): PublicKey[] {
  try {
    const keys = text.includes('-----BEGIN ')
      ? parsePem(text).map(parseBlock)
      : parseAllowedSigners(text);
    if (keys.length === 0) throw keyInvalid('no public key for kits is in it', MAKE_A_KEY);
    return keys;
  } catch (error) {
    if (!isAirkitError(error)) throw error;
    throw keyInvalid(`${path}: ${error.message}`, error.hint, { path });
  }
}

function parseBlock({ label, text }: PemBlock): PublicKey {
  if (label.endsWith('PRIVATE KEY')) {
    throw keyInvalid(
      'this is a private key; trust needs the public one',
      'Keep the private key away from machines that load kits, and give PREFIX.pub here.',
    );
  }
  if (label !== 'PUBLIC KEY') throw keyInvalid(`a ${label} is not a PUBLIC KEY`, MAKE_A_KEY);
  try {
    return publicKeyOf(createPublicKey({ key: text, format: 'pem' }));
  } catch (error) {
    throw isAirkitError(error) ? error : keyInvalid('the public key is malformed', MAKE_A_KEY);
  }
}
