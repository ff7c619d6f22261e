import { Buffer } from 'node:buffer';

/**
 * The two integers of an ECDSA signature as big-endian two's complement of least length. That is the content both of
 * a DER INTEGER (X.690 §8.3) and of an SSH mpint (RFC 4251 §5), so no conversion is needed between the two.
 */
export interface EcdsaSignature {
  readonly r: Buffer;
  readonly s: Buffer;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** 32 bytes, and a zero byte before a set top bit. */
const MAX_INTEGER_BYTES = 33;

/** DER of `ECDSA-Sig-Value` (RFC 3279 §2.2.3), for P-256: at most 72 bytes. */
export function formatEcdsaDer({ r, s }: EcdsaSignature): Buffer {
  const content = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.of(SEQUENCE, content.byteLength), content]);
}

/** Reads DER of a P-256 signature; undefined unless it is the one encoding of two positive integers. */
export function parseEcdsaDer(der: Uint8Array): EcdsaSignature | undefined {
  const rLength = der[3] ?? 0;
  const sLength = der[5 + rLength] ?? 0;
  const signature = {
    r: Buffer.from(der.subarray(4, 4 + rLength)),
    s: Buffer.from(der.subarray(6 + rLength, 6 + rLength + sLength)),
  };
  if (!isMinimalPositive(signature.r) || !isMinimalPositive(signature.s)) return undefined;
  return formatEcdsaDer(signature).equals(der) ? signature : undefined;
}

/** True for a positive integer in its shortest form; `maxBytes` counts the zero before a set top bit, too. */
export function isMinimalPositive(
  integer: Uint8Array,
  maxBytes: number = MAX_INTEGER_BYTES,
): boolean {
  const [first = 0, second = 0] = integer;
  if (integer.byteLength === 0 || integer.byteLength > maxBytes) return false;
  if (first === 0) return second >= 0x80;
  return first < 0x80;
}

function derInteger(content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(INTEGER, content.byteLength), content]);
}
