import { createPublicKey } from 'node:crypto';
import { isAirkitError } from '../errors.ts';
import { parseAllowedSigners } from './allowed-signers.ts';
import type { KeyEntry } from './key-entry.ts';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import { publicKeyOf } from './p256-public-key.ts';
import { parsePem, type PemBlock } from './pem.ts';
import type { PublicKey } from './public-key.ts';

/**
 * Reads the public keys of a text: ECDSA P-256 in PEM as `openssl` and `cosign` write it, one or more; or lines of
 * allowed_signers or of `ssh-keygen`, of every kind in `KEY_KINDS`.
 *
 * @param options.path names the text in errors
 * @throws AirkitError KEY_INVALID, also for a text without a key
 */
export function readKeyEntries(text: string, { path }: { readonly path: string }): KeyEntry[] {
  try {
    const entries = isPem(text) ? parsePem(text).map(parseBlock) : parseAllowedSigners(text);
    if (entries.length === 0) throw keyInvalid('no public key for kits is in it', MAKE_A_KEY);
    return entries;
  } catch (error) {
    if (!isAirkitError(error)) throw error;
    throw keyInvalid(`${path}: ${error.message}`, error.hint, { path });
  }
}

/** The keys of {@link readKeyEntries}, whatever their validity. */
export function readPublicKeys(text: string, where: { readonly path: string }): PublicKey[] {
  return readKeyEntries(text, where).map(({ key }) => key);
}

/** True for a text of armoured blocks, false for one of lines. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

function parseBlock({ label, text }: PemBlock): KeyEntry {
  if (label.endsWith('PRIVATE KEY')) {
    throw keyInvalid(
      'this is a private key; trust needs the public one',
      'Keep the private key away from machines that load kits, and give PREFIX.pub here.',
    );
  }
  if (label !== 'PUBLIC KEY') throw keyInvalid(`a ${label} is not a PUBLIC KEY`, MAKE_A_KEY);
  try {
    return { key: publicKeyOf(createPublicKey({ key: text, format: 'pem' })), text };
  } catch (error) {
    throw isAirkitError(error) ? error : keyInvalid('the public key is malformed', MAKE_A_KEY);
  }
}
