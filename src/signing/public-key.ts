import type { Buffer } from 'node:buffer';
import { createHash, type KeyObject } from 'node:crypto';

/** The kinds of key whose signatures airkit checks, by their names in SSH. */
export const KEY_KINDS = [
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-ed25519',
  'ssh-rsa',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'sk-ssh-ed25519@openssh.com',
] as const;

export type KeyKind = (typeof KEY_KINDS)[number];

/** The kind that makes every signature format of a kit; all others make SSH signatures only. */
export const P256: KeyKind = 'ecdsa-sha2-nistp256';

/** A public key, with its names. */
export interface PublicKey {
  /**
   * `SHA256:` and the base64 SHA-256 of {@link spki}, as cosign writes it into `hint`. Of keys in FIDO tokens, which
   * sign for one application only, of {@link sshBlob}.
   */
  readonly keyId: string;
  /** The first 16 hex digits of the same hash: the part of file names. */
  readonly fileId: string;
  readonly kind: KeyKind;
  /** DER SubjectPublicKeyInfo (RFC 5480, RFC 8410), points uncompressed. */
  readonly spki: Buffer;
  readonly keyObject: KeyObject;
  /** The public key blob of SSH (RFC 4253 §6.6). */
  readonly sshBlob: Buffer;
  /** As `ssh-keygen -l` prints it. */
  readonly sshFingerprint: string;
}

export interface BareKey {
  readonly kind: KeyKind;
  readonly sshBlob: Buffer;
  readonly keyObject: KeyObject;
}

/** Gives a key its names. */
export function namePublicKey({ kind, sshBlob, keyObject }: BareKey): PublicKey {
  const spki = keyObject.export({ type: 'spki', format: 'der' });
  const hash = sha256(isTokenKind(kind) ? sshBlob : spki);
  return {
    keyId: `SHA256:${hash.toString('base64')}`,
    fileId: hash.toString('hex').slice(0, 16),
    kind,
    spki,
    keyObject,
    sshBlob,
    sshFingerprint: sshFingerprintOf(sshBlob),
  };
}

export function isKeyKind(text: string): text is KeyKind {
  return KEY_KINDS.some((kind) => kind === text);
}

/** True for keys that live in a FIDO token (OpenSSH PROTOCOL.u2f). */
export function isTokenKind(kind: KeyKind): boolean {
  return kind.startsWith('sk-');
}

/** `SHA256:` and the unpadded base64 of a public key blob, whatever its kind. */
export function sshFingerprintOf(blob: Uint8Array): string {
  return `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
