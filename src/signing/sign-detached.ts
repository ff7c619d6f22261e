import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { keyInvalid } from './key-error.ts';
import type { SigningKey } from './private-key.ts';
import { P256 } from './public-key.ts';
import { formatSigstoreBundle } from './sigstore-bundle.ts';
import { derOfSignatureBlob, isSshSignedBy } from './ssh-signature-blob.ts';
import { formatSshSignature, sshSignedData } from './ssh-signature.ts';

/** The same key over the same payload, in the formats of a kit that the key can make. */
export interface DetachedSignatures {
  readonly sshsig: Buffer;
  /** Undefined unless the key is of P-256 and takes the payload as a whole. */
  readonly sigstore?: Buffer | undefined;
  /** DER, for `openssl dgst -sha256 -verify`; undefined with {@link sigstore}. */
  readonly raw?: Buffer | undefined;
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
  const { publicKey, maxBytes = Infinity } = key;
  const blob = await signChecked(sshSignedData(payload), key);
  const sshsig = formatSshSignature({ publicKey, blob });
  if (publicKey.kind !== P256 || payload.byteLength > maxBytes) return { sshsig };
  const raw = derOfSignatureBlob(await signChecked(payload, key));
  if (raw === undefined) throw notItsSignature(key);
  const digest = createHash('sha256').update(payload).digest();
  const sigstore = formatSigstoreBundle({ keyId: publicKey.keyId, digest, signature: raw });
  return { sshsig, sigstore, raw };
}

async function signChecked(bytes: Uint8Array, key: SigningKey): Promise<Buffer> {
  const blob = await key.sign(bytes);
  if (isSshSignedBy(key.publicKey, bytes, blob)) return blob;
  throw notItsSignature(key);
}

function notItsSignature({ publicKey }: SigningKey): Error {
  return keyInvalid(`what was signed does not verify with the key ${publicKey.keyId}`);
}
