import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { formatEcdsaDer, isMinimalPositive, parseEcdsaDer } from './ecdsa-signature.ts';
import { badSignature } from './key-error.ts';
import {
  formatSshKeyBlob,
  parseSshKeyBlob,
  SSH_KEY_TYPE,
  type PublicKey,
} from './p256-public-key.ts';
import { wrapBase64 } from './pem.ts';
import { splitSshStrings, sshString, sshUint32 } from './ssh-wire.ts';

/** A signature that carries its key. */
export interface SshSignature {
  readonly publicKey: PublicKey;
  /** DER of the ECDSA signature over {@link sshSignedData}. */
  readonly signature: Buffer;
}

/** Keeps an SSH signature over something else from passing for one over a kit. */
export const SSH_NAMESPACE = 'airkit-bundle-index@v1';

const MAGIC = Buffer.from('SSHSIG');
const VERSION = sshUint32(1);
const HASH = 'sha512';
const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '\n-----END SSH SIGNATURE-----\n';
const BASE64_COLUMNS = 70;
const MAX_BYTES = 4096;

/** The bytes that are signed for a payload (OpenSSH PROTOCOL.sshsig §2). */
export function sshSignedData(payload: Uint8Array): Buffer {
  const hash = createHash(HASH).update(payload).digest();
  return Buffer.concat([MAGIC, ...[SSH_NAMESPACE, '', HASH, hash].map(sshString)]);
}

/**
 * The armoured signature as `ssh-keygen -Y sign` writes it (OpenSSH PROTOCOL.sshsig §1), in airkit's namespace.
 *
 * @throws AirkitError VERIFICATION_FAILED (BAD_SIGNATURE) unless `signature` is DER
 */
export function formatSshSignature({ publicKey, signature }: SshSignature): Buffer {
  const integers = parseEcdsaDer(signature);
  if (integers === undefined) throw badSignature('not a DER signature of ECDSA P-256');
  const mpints = Buffer.concat([sshString(integers.r), sshString(integers.s)]);
  const blob = Buffer.concat([sshString(SSH_KEY_TYPE), sshString(mpints)]);
  const strings = [formatSshKeyBlob(publicKey), SSH_NAMESPACE, '', HASH, blob].map(sshString);
  const bytes = Buffer.concat([MAGIC, VERSION, ...strings]);
  return Buffer.from(`${BEGIN}${wrapBase64(bytes, BASE64_COLUMNS)}${END}`);
}

/**
 * Reads an SSH signature of airkit's namespace by a P-256 key. It says nothing yet of what was signed.
 *
 * @throws AirkitError VERIFICATION_FAILED (BAD_SIGNATURE) for any other bytes than {@link formatSshSignature} writes
 */
export function parseSshSignature(bytes: Uint8Array): SshSignature {
  const parsed = bytes.byteLength > MAX_BYTES ? undefined : parseArmour(Buffer.from(bytes));
  if (parsed === undefined || !formatSshSignature(parsed).equals(bytes)) {
    throw badSignature(
      `not an SSH signature by an ECDSA P-256 key in the namespace ${SSH_NAMESPACE}`,
    );
  }
  return parsed;
}

function parseArmour(bytes: Buffer): SshSignature | undefined {
  const content = Buffer.from(bytes.toString('latin1').slice(BEGIN.length, -END.length), 'base64');
  const strings = splitSshStrings(content.subarray(MAGIC.byteLength + VERSION.byteLength));
  const publicKey = parseSshKeyBlob(strings?.[0] ?? Buffer.alloc(0));
  const signature = parseSignatureBlob(strings?.[4] ?? Buffer.alloc(0));
  return publicKey === undefined || signature === undefined ? undefined : { publicKey, signature };
}

/** RFC 5656 §3.1.2. */
function parseSignatureBlob(blob: Buffer): Buffer | undefined {
  const [r, s] = splitSshStrings(splitSshStrings(blob)?.[1] ?? Buffer.alloc(0)) ?? [];
  if (r === undefined || s === undefined) return undefined;
  return isMinimalPositive(r) && isMinimalPositive(s) ? formatEcdsaDer({ r, s }) : undefined;
}
