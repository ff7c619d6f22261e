import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { badSignature } from './key-error.ts';
import { wrapBase64 } from './pem.ts';
import type { PublicKey } from './public-key.ts';
import { parseSshKeyBlob } from './ssh-key-blob.ts';
import { isSignatureBlobOf } from './ssh-signature-blob.ts';
import { splitSshStrings, sshString, sshUint32 } from './ssh-wire.ts';

/** A signature that carries its key. */
export interface SshSignature {
  readonly publicKey: PublicKey;
  /** Signature blob (RFC 4253 §6.6) over {@link sshSignedData}. */
  readonly blob: Buffer;
}

/** Keeps an SSH signature over something else from passing for one over a kit. */
export const SSH_NAMESPACE = 'airkit-bundle-index@v1';

const MAGIC = Buffer.from('SSHSIG');
const VERSION = sshUint32(1);
const HASH = 'sha512';
const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '\n-----END SSH SIGNATURE-----\n';
const BASE64_COLUMNS = 70;
const MAX_BYTES = 8192;

/** The bytes that are signed for a payload (OpenSSH PROTOCOL.sshsig §2). */
export function sshSignedData(payload: Uint8Array): Buffer {
  const hash = createHash(HASH).update(payload).digest();
  return Buffer.concat([MAGIC, ...[SSH_NAMESPACE, '', HASH, hash].map(sshString)]);
}

/** The armoured signature as `ssh-keygen -Y sign` writes it (OpenSSH PROTOCOL.sshsig §1), in airkit's namespace. */
export function formatSshSignature({ publicKey, blob }: SshSignature): Buffer {
  const strings = [publicKey.sshBlob, SSH_NAMESPACE, '', HASH, blob].map(sshString);
  const bytes = Buffer.concat([MAGIC, VERSION, ...strings]);
  return Buffer.from(`${BEGIN}${wrapBase64(bytes, BASE64_COLUMNS)}${END}`);
}

/**
 * Reads an SSH signature of airkit's namespace by a key of any kind that airkit knows. It says nothing yet of what was
 * signed.
 *
 * @throws AirkitError VERIFICATION_FAILED (BAD_SIGNATURE) for any other bytes than {@link formatSshSignature} writes
 */
export function parseSshSignature(bytes: Uint8Array): SshSignature {
  const parsed = bytes.byteLength > MAX_BYTES ? undefined : parseArmour(Buffer.from(bytes));
  if (parsed !== undefined && formatSshSignature(parsed).equals(bytes)) return parsed;
  throw badSignature(
    `not an SSH signature in the namespace ${SSH_NAMESPACE} by a known kind of key`,
  );
}

function parseArmour(bytes: Buffer): SshSignature | undefined {
  const content = Buffer.from(bytes.toString('latin1').slice(BEGIN.length, -END.length), 'base64');
  const strings = splitSshStrings(content.subarray(MAGIC.byteLength + VERSION.byteLength));
  const publicKey = parseSshKeyBlob(strings?.[0] ?? Buffer.alloc(0));
  const blob = strings?.[4];
  if (publicKey === undefined || blob === undefined) return undefined;
  return isSignatureBlobOf(publicKey, blob) ? { publicKey, blob } : undefined;
}
