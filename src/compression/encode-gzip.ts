import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** Bytes of input per gzip member. Changing it or an option below changes every digest. */
export const GZIP_MEMBER_BYTES: number = 1024 * 1024;
const LEVEL = 6;
const OS_OFFSET = 9;
const OS_UNKNOWN = 255;

/** Names all that decides over the encoded bytes. */
export const GZIP_ENCODER_ID: string = `gzip-${LEVEL}-1MiB/zlib`;

const OPTIONS = {
  level: LEVEL,
  memLevel: 8,
  windowBits: 15,
  strategy: constants.Z_DEFAULT_STRATEGY,
  chunkSize: 256 * 1024, // only of the output buffer; the bytes do not depend on it
} as const;

const gzipAsync = promisify(gzip);

/**
 * Encodes up to {@link GZIP_MEMBER_BYTES} bytes as one gzip member on the libuv thread pool. zlib writes no name and no
 * time; the operating system, which it does write (RFC 1952 §2.3.1), becomes "unknown".
 */
export async function encodeGzipMember(chunk: Uint8Array): Promise<Uint8Array> {
  const member = await gzipAsync(chunk, OPTIONS);
  member[OS_OFFSET] = OS_UNKNOWN;
  return member;
}
