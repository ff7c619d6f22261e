import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { parseEcdsaDer } from './ecdsa-signature.ts';
import { badSignature } from './key-error.ts';
import { isSignedBy } from './p256-public-key.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureFile, SignatureFormat } from './signature-files.ts';
import { parseSigstoreBundle } from './sigstore-bundle.ts';
import { isSshSignedBy } from './ssh-signature-blob.ts';
import { parseSshSignature, sshSignedData } from './ssh-signature.ts';

/** What one signature file says, before anything of it is proved. */
export interface SignatureClaim {
  readonly file: SignatureFile;
  /** The key that the file names; a raw signature names none. */
  readonly keyId: string | undefined;
  /** The key that the file carries: SSH signatures do. */
  readonly key: PublicKey | undefined;
  /** True when the file is a signature of the key over the payload. */
  readonly isBy: (key: PublicKey, payload: Uint8Array) => boolean;
}

/**
 * Reads a signature file.
 *
 * @throws AirkitError VERIFICATION_FAILED (BAD_SIGNATURE) for a file that is not in its canonical form
 */
export function readSignatureClaim(file: SignatureFile, bytes: Uint8Array): SignatureClaim {
  return READERS[file.format](file, bytes);
}

function sigstoreClaim(file: SignatureFile, bytes: Uint8Array): SignatureClaim {
  const { keyId, digest, signature } = parseSigstoreBundle(bytes);
  return {
    file,
    keyId,
    key: undefined,
    isBy: (key, payload) => sha256(payload).equals(digest) && isSignedBy(key, payload, signature),
  };
}

function sshClaim(file: SignatureFile, bytes: Uint8Array): SignatureClaim {
  const { publicKey, blob } = parseSshSignature(bytes);
  return {
    file,
    keyId: publicKey.keyId,
    key: publicKey,
    isBy: (key, payload) => isSshSignedBy(key, sshSignedData(payload), blob),
  };
}

function rawClaim(file: SignatureFile, bytes: Uint8Array): SignatureClaim {
  if (parseEcdsaDer(bytes) === undefined) throw badSignature('not a DER signature of ECDSA P-256');
  const isBy: SignatureClaim['isBy'] = (key, payload) => isSignedBy(key, payload, bytes);
  return { file, keyId: undefined, key: undefined, isBy };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const READERS: Readonly<Record<SignatureFormat, typeof readSignatureClaim>> = {
  sigstore: sigstoreClaim,
  sshsig: sshClaim,
  raw: rawClaim,
};
