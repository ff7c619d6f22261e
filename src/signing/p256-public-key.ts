import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import { splitSshStrings, sshString } from './ssh-wire.ts';

/** A public key of ECDSA P-256, with its names. */
export interface PublicKey {
  /** `SHA256:` and the base64 SHA-256 of {@link spki}, as cosign writes it into `hint`. */
  readonly keyId: string;
  /** The first 16 hex digits of the same hash: the part of file names. */
  readonly fileId: string;
  /** DER SubjectPublicKeyInfo (RFC 5480), uncompressed point. */
  readonly spki: Buffer;
  readonly keyObject: KeyObject;
  /** As `ssh-keygen -l` prints it. */
  readonly sshFingerprint: string;
}

export const SSH_KEY_TYPE = 'ecdsa-sha2-nistp256';
const SSH_CURVE = 'nistp256';
const NODE_CURVE = 'prime256v1';
const UNCOMPRESSED = 0x04;
const POINT_BYTES = 65;
/** DER up to the point: SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING (RFC 5480 §2). */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/**
 * Names a key. A private key gives its public half.
 *
 * @throws AirkitError KEY_INVALID for anything but ECDSA P-256
 */
export function publicKeyOf(key: KeyObject): PublicKey {
  requireP256(key);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const coordinates = [x, y].map((part) => Buffer.from(part, 'base64url'));
  return publicKeyFromPoint(Buffer.concat([Buffer.of(UNCOMPRESSED), ...coordinates]));
}

/**
 * Reads the public key blob of SSH (RFC 5656 §3.1); undefined unless it is a P-256 key, its point on the curve, in
 * the one encoding that OpenSSH writes.
 */
export function parseSshKeyBlob(blob: Buffer): PublicKey | undefined {
  const point = splitSshStrings(blob)?.at(-1);
  if (point?.byteLength !== POINT_BYTES || point[0] !== UNCOMPRESSED) return undefined;
  if (!formatPointBlob(point).equals(blob)) return undefined;
  try {
    return publicKeyFromPoint(point);
  } catch {
    return undefined;
  }
}

/** The public key blob of SSH (RFC 5656 §3.1). */
export function formatSshKeyBlob(key: PublicKey): Buffer {
  return formatPointBlob(key.spki.subarray(SPKI_PREFIX.byteLength));
}

/** SPKI in PEM, as `openssl` and `cosign` read it. */
export function formatPublicKeyPem(key: PublicKey): string {
  return key.keyObject.export({ type: 'spki', format: 'pem' }).toString();
}

/** @returns {@link PublicKey.fileId} of a key id */
export function fileIdOf(keyId: string): string {
  const hash = Buffer.from(keyId.slice('SHA256:'.length), 'base64');
  return hash.toString('hex').slice(0, 16);
}

/** True when the DER signature is the key's over the bytes (ECDSA with SHA-256). */
export function isSignedBy(key: PublicKey, payload: Uint8Array, der: Uint8Array): boolean {
  return verify('sha256', payload, key.keyObject, der);
}

/** @throws AirkitError KEY_INVALID that says what the key is instead */
export function requireP256(key: KeyObject): void {
  if (key.asymmetricKeyDetails?.namedCurve === NODE_CURVE) return;
  throw keyInvalid(`the key is ${describeKeyType(key)}, not ECDSA P-256`, MAKE_A_KEY);
}

function describeKeyType(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? 'of no asymmetric type';
  if (modulusLength !== undefined) return `${type.toUpperCase()} of ${modulusLength} bits`;
  return type === 'ec' ? `EC on the curve ${namedCurve ?? '(given by parameters)'}` : type;
}

function publicKeyFromPoint(point: Uint8Array): PublicKey {
  const spki = Buffer.concat([SPKI_PREFIX, point]);
  const hash = createHash('sha256').update(spki).digest();
  const sshHash = createHash('sha256').update(formatPointBlob(point)).digest('base64');
  return {
    keyId: `SHA256:${hash.toString('base64')}`,
    fileId: hash.toString('hex').slice(0, 16),
    spki,
    keyObject: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    sshFingerprint: `SHA256:${sshHash.replace(/=+$/, '')}`,
  };
}

function formatPointBlob(point: Uint8Array): Buffer {
  return Buffer.concat([sshString(SSH_KEY_TYPE), sshString(SSH_CURVE), sshString(point)]);
}
