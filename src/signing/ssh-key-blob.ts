import type { Buffer } from 'node:buffer';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { isMinimalPositive } from './ecdsa-signature.ts';
import { isKeyKind, namePublicKey, type KeyKind, type PublicKey } from './public-key.ts';
import { splitSshStrings } from './ssh-wire.ts';

interface Curve {
  readonly ssh: string;
  readonly jwk: string;
  /** Of one coordinate. */
  readonly bytes: number;
}

const NISTP256: Curve = { ssh: 'nistp256', jwk: 'P-256', bytes: 32 };
const NISTP384: Curve = { ssh: 'nistp384', jwk: 'P-384', bytes: 48 };
const NISTP521: Curve = { ssh: 'nistp521', jwk: 'P-521', bytes: 66 };
const UNCOMPRESSED = 0x04;
const ED25519_BYTES = 32;
/** Shorter RSA keys are within reach of an attacker (NIST SP 800-131A). */
const MIN_RSA_BYTES = 256;
const MAX_RSA_BYTES = 1024;
const MAX_EXPONENT_BYTES = 8;

/**
 * Reads the public key blob of SSH (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, PROTOCOL.u2f); undefined unless it is of a
 * kind that airkit knows, its point on the curve, in the one encoding that OpenSSH writes.
 */
export function parseSshKeyBlob(blob: Buffer): PublicKey | undefined {
  const [name, ...fields] = splitSshStrings(blob) ?? [];
  const kind = name?.toString('latin1') ?? '';
  if (!isKeyKind(kind)) return undefined;
  const key = READERS[kind](fields);
  if (key === undefined) return undefined;
  try {
    const keyObject = createPublicKey({ key, format: 'jwk' });
    return namePublicKey({ kind, sshBlob: blob, keyObject });
  } catch {
    return undefined;
  }
}

type Reader = (fields: readonly Buffer[]) => JsonWebKey | undefined;

const READERS: Readonly<Record<KeyKind, Reader>> = {
  'ecdsa-sha2-nistp256': (fields) => readEc(fields, NISTP256),
  'ecdsa-sha2-nistp384': (fields) => readEc(fields, NISTP384),
  'ecdsa-sha2-nistp521': (fields) => readEc(fields, NISTP521),
  'ssh-ed25519': readEd25519,
  'ssh-rsa': readRsa,
  'sk-ecdsa-sha2-nistp256@openssh.com': (fields) =>
    readToken(fields, (own) => readEc(own, NISTP256)),
  'sk-ssh-ed25519@openssh.com': (fields) => readToken(fields, readEd25519),
};

function readEc([curve, point, ...more]: readonly Buffer[], of: Curve): JsonWebKey | undefined {
  if (curve?.toString('latin1') !== of.ssh || more.length > 0) return undefined;
  if (point?.byteLength !== 1 + 2 * of.bytes || point[0] !== UNCOMPRESSED) return undefined;
  const coordinates = point.subarray(1);
  return {
    kty: 'EC',
    crv: of.jwk,
    x: coordinates.subarray(0, of.bytes).toString('base64url'),
    y: coordinates.subarray(of.bytes).toString('base64url'),
  };
}

function readEd25519([point, ...more]: readonly Buffer[]): JsonWebKey | undefined {
  if (point?.byteLength !== ED25519_BYTES || more.length > 0) return undefined;
  return { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
}

function readRsa([exponent, modulus, ...more]: readonly Buffer[]): JsonWebKey | undefined {
  if (exponent === undefined || modulus === undefined || more.length > 0) return undefined;
  if (!isMinimalPositive(exponent, MAX_EXPONENT_BYTES)) return undefined;
  if (!isMinimalPositive(modulus, MAX_RSA_BYTES + 1)) return undefined;
  const n = modulus[0] === 0 ? modulus.subarray(1) : modulus;
  if (n.byteLength < MIN_RSA_BYTES) return undefined;
  return { kty: 'RSA', n: n.toString('base64url'), e: exponent.toString('base64url') };
}

/** Such a key ends with the application that its token signs for. */
function readToken(fields: readonly Buffer[], read: Reader): JsonWebKey | undefined {
  return (fields.at(-1)?.byteLength ?? 0) === 0 ? undefined : read(fields.slice(0, -1));
}
