import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { parseEcdsaDer } from './ecdsa-signature.ts';
import { keyInvalid } from './key-error.ts';
import { isSignedBy } from './p256-public-key.ts';
import type { SigningKey } from './private-key.ts';
import { formatSigstoreBundle } from './sigstore-bundle.ts';
import { formatSshSignature, sshSignedData } from './ssh-signature.ts';

/** The same key over the same payload, in the three formats of a kit. */
export interface DetachedSignatures {
  readonly sigstore: Buffer;
  readonly sshsig: Buffer;
  /** DER, for `openssl dgst -sha256 -verify`. */
  readonly raw: Buffer;
}

/**
 * Signs a payload. ECDSA draws random numbers: two calls give different bytes.
 *
 * @throws AirkitError KEY_INVALID when what the key returns is not its signature, as a misconfigured device may do
 */
export async function signDetached(
  payload: Uint8Array,
  key: SigningKey,
): Promise<DetachedSignatures> {
  const { publicKey } = key;
  const raw = await signChecked(payload, key);
  const digest = createHash('sha256').update(payload).digest();
  const signature = await signChecked(sshSignedData(payload), key);
  return {
    raw,
    sigstore: formatSigstoreBundle({ keyId: publicKey.keyId, digest, signature: raw }),
    sshsig: formatSshSignature({ publicKey, signature }),
  };
}

async function signChecked(bytes: Uint8Array, key: SigningKey): Promise<Buffer> {
  const der = await key.sign(bytes);
  if (parseEcdsaDer(der) !== undefined && isSignedBy(key.publicKey, bytes, der)) return der;
  throw keyInvalid(`what was signed does not verify with the key ${key.publicKey.keyId}`);
}
