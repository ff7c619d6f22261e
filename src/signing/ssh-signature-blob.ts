import { Buffer } from 'node:buffer';
import { createHash, verify } from 'node:crypto';
import { formatEcdsaDer, isMinimalPositive, parseEcdsaDer } from './ecdsa-signature.ts';
import { isTokenKind, P256, type KeyKind, type PublicKey } from './public-key.ts';
import { splitSshStrings, sshString } from './ssh-wire.ts';

/** What is in a signature blob. */
interface SignatureParts {
  /** Undefined where the scheme hashes by itself. */
  readonly hash: string | undefined;
  /** r and s at full width for ECDSA, else as the scheme makes it. */
  readonly bytes: Buffer;
  /** Flags and counter of a FIDO token. */
  readonly token?: Buffer | undefined;
}

/** Flags (1 byte) and counter (4 bytes) behind the signature of a token (PROTOCOL.u2f). */
const TOKEN_BYTES = 5;
const USER_PRESENT = 0x01;
const ED25519_BYTES = 64;
/** RFC 8332 §3; `ssh-rsa` with SHA-1 never counts (PROTOCOL.sshsig §3). */
const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
]);

/**
 * True when the blob is the key's signature over the data. Signatures of tokens count only when somebody touched it.
 *
 * @param blob in the encoding of RFC 4253 §6.6 that OpenSSH writes; any other one is no signature
 */
export function isSshSignedBy(key: PublicKey, data: Uint8Array, blob: Buffer): boolean {
  const parts = parseParts(key, blob);
  if (parts === undefined) return false;
  const { hash, bytes, token } = parts;
  const message = token === undefined ? data : tokenMessage(key, data, token);
  const verifier = { key: key.keyObject, dsaEncoding: 'ieee-p1363' as const };
  return verify(hash, message, verifier, bytes);
}

/** True for a blob that a key of the kind could have made. */
export function isSignatureBlobOf(key: PublicKey, blob: Buffer): boolean {
  return parseParts(key, blob) !== undefined;
}

/** The blob of a P-256 signature; undefined unless `der` is DER (RFC 5656 §3.1.2). */
export function signatureBlobOfDer(der: Uint8Array): Buffer | undefined {
  const integers = parseEcdsaDer(der);
  if (integers === undefined) return undefined;
  const mpints = Buffer.concat([sshString(integers.r), sshString(integers.s)]);
  return Buffer.concat([sshString(P256), sshString(mpints)]);
}

/** DER of a P-256 signature; undefined for any other blob. */
export function derOfSignatureBlob(blob: Buffer): Buffer | undefined {
  const [name, mpints = Buffer.alloc(0)] = splitSshStrings(blob) ?? [];
  const [r, s] = splitSshStrings(mpints) ?? [];
  if (name?.toString('latin1') !== P256 || r === undefined || s === undefined) return undefined;
  return formatEcdsaDer({ r, s });
}

function parseParts(key: PublicKey, blob: Buffer): SignatureParts | undefined {
  const { signature, token } = splitToken(key.kind, blob);
  const fields = splitSshStrings(signature) ?? [];
  const [name, content] = fields;
  if (name === undefined || content === undefined || fields.length !== 2) return undefined;
  const algorithm = name.toString('latin1');
  if (key.kind === 'ssh-rsa') return rsaParts(key, algorithm, content);
  if (algorithm !== key.kind) return undefined;
  const parts = ECDSA.has(key.kind) ? ecdsaParts(key.kind, content) : ed25519Parts(content);
  if (parts === undefined || token === undefined) return parts;
  return ((token[0] ?? 0) & USER_PRESENT) === 0 ? undefined : { ...parts, token };
}

function splitToken(kind: KeyKind, blob: Buffer): { signature: Buffer; token?: Buffer } {
  if (!isTokenKind(kind)) return { signature: blob };
  const end = Math.max(0, blob.byteLength - TOKEN_BYTES);
  return { signature: blob.subarray(0, end), token: blob.subarray(end) };
}

function rsaParts(key: PublicKey, algorithm: string, bytes: Buffer): SignatureParts | undefined {
  const hash = RSA_HASHES.get(algorithm);
  const size = Math.ceil((key.keyObject.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return hash === undefined || bytes.byteLength !== size ? undefined : { hash, bytes };
}

function ed25519Parts(bytes: Buffer): SignatureParts | undefined {
  return bytes.byteLength === ED25519_BYTES ? { hash: undefined, bytes } : undefined;
}

function ecdsaParts(kind: KeyKind, content: Buffer): SignatureParts | undefined {
  const ecdsa = ECDSA.get(kind);
  const bytes = ecdsa === undefined ? undefined : parseMpints(content, ecdsa.bytes);
  return bytes === undefined ? undefined : { hash: ecdsa?.hash, bytes };
}

/** RFC 5656 §6.2.1: the hash goes with the curve; bytes are those of one number. */
const ECDSA: ReadonlyMap<KeyKind, { readonly hash: string; readonly bytes: number }> = new Map([
  ['ecdsa-sha2-nistp256', { hash: 'sha256', bytes: 32 }],
  ['ecdsa-sha2-nistp384', { hash: 'sha384', bytes: 48 }],
  ['ecdsa-sha2-nistp521', { hash: 'sha512', bytes: 66 }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { hash: 'sha256', bytes: 32 }],
]);

function parseMpints(content: Buffer, size: number): Buffer | undefined {
  const numbers = splitSshStrings(content) ?? [];
  if (numbers.length !== 2) return undefined;
  const padded = numbers.map((number) => {
    const isWide = number.byteLength === size + 1;
    if (!isMinimalPositive(number, size + 1) || (isWide && number[0] !== 0)) return undefined;
    const digits = isWide ? number.subarray(1) : number;
    return Buffer.concat([Buffer.alloc(size - digits.byteLength), digits]);
  });
  const [r, s] = padded;
  return r === undefined || s === undefined ? undefined : Buffer.concat([r, s]);
}

/** What a token signs (PROTOCOL.u2f "SSH U2F Signatures"). */
function tokenMessage(key: PublicKey, data: Uint8Array, token: Buffer): Buffer {
  const application = splitSshStrings(key.sshBlob)?.at(-1) ?? Buffer.alloc(0);
  return Buffer.concat([sha256(application), token, sha256(data)]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
