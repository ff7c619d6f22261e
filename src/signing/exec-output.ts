import { Buffer } from 'node:buffer';
import { formatEcdsaDer, parseEcdsaDer } from './ecdsa-signature.ts';

/** Of r and s side by side, as PKCS#11 and JOSE have them. */
const PLAIN_BYTES = 64;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** What the transit engine of Vault puts before its base64. */
const VAULT_PREFIX = /^vault:v\d+:/;

/**
 * Reads what a signing command wrote: DER, or r and s of 32 bytes each, or base64 or base64url of either.
 *
 * @returns every signature it can be, as DER; which of them is right is for the public key to say
 */
export function readSignerOutput(output: Buffer): Buffer[] {
  const text = output.toString('latin1').replaceAll(/\s+/g, '').replace(VAULT_PREFIX, '');
  // Node reads both alphabets of base64 as one.
  const decoded = BASE64.test(text) ? [Buffer.from(text, 'base64')] : [];
  const found = [output, ...decoded];
  const plain = found.filter(({ byteLength }) => byteLength === PLAIN_BYTES).map(derOfPlain);
  return [...found.filter((bytes) => parseEcdsaDer(bytes) !== undefined), ...plain];
}

function derOfPlain(bytes: Buffer): Buffer {
  const half = PLAIN_BYTES / 2;
  return formatEcdsaDer({ r: mpint(bytes.subarray(0, half)), s: mpint(bytes.subarray(half)) });
}

/** The shortest form of a positive integer; of zero, something that no signature holds. */
function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.alloc(1) : bytes.subarray(first);
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
}
