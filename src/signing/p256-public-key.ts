import { Buffer } from 'node:buffer';
import { verify, type KeyObject } from 'node:crypto';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import { P256, type PublicKey } from './public-key.ts';
import { parseSshKeyBlob } from './ssh-key-blob.ts';
import { sshString } from './ssh-wire.ts';

const SSH_CURVE = 'nistp256';
const NODE_CURVE = 'prime256v1';
const UNCOMPRESSED = 0x04;

/**
 * Names a key. A private key gives its public half.
 *
 * @throws AirkitError KEY_INVALID for anything but ECDSA P-256
 */
export function publicKeyOf(key: KeyObject): PublicKey {
  requireP256(key);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const coordinates = [x, y].map((part) => Buffer.from(part, 'base64url'));
  const point = Buffer.concat([Buffer.of(UNCOMPRESSED), ...coordinates]);
  const named = parseSshKeyBlob(Buffer.concat([P256, SSH_CURVE, point].map(sshString)));
  if (named === undefined) throw keyInvalid('the point of the key is not on its curve', MAKE_A_KEY);
  return named;
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

/** True when the key is of P-256, and the DER signature is the key's over the bytes (ECDSA with SHA-256). */
export function isSignedBy(key: PublicKey, payload: Uint8Array, der: Uint8Array): boolean {
  return key.kind === P256 && verify('sha256', payload, key.keyObject, der);
}

/** @throws AirkitError KEY_INVALID that says what the key is instead */
function requireP256(key: KeyObject): void {
  if (key.asymmetricKeyDetails?.namedCurve === NODE_CURVE) return;
  throw keyInvalid(`the key is ${describeKeyType(key)}, not ECDSA P-256`, MAKE_A_KEY);
}

function describeKeyType(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? 'of no asymmetric type';
  if (modulusLength !== undefined) return `${type.toUpperCase()} of ${modulusLength} bits`;
  return type === 'ec' ? `EC on the curve ${namedCurve ?? '(given by parameters)'}` : type;
}
