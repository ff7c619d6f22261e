/** How a stream of bytes is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** Bytes that {@link detectCompression} wants to see. */
export const DETECTION_BYTES: number = 10;

const GZIP = [0x1f, 0x8b, 0x08]; // RFC 1952 §2.3.1: ID1, ID2, CM = deflate
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd]; // RFC 8878 §3.1.1
const ZSTD_SKIPPABLE = [0x2a, 0x4d, 0x18]; // RFC 8878 §3.1.2, after a first byte of 0x50 to 0x5f
const XZ = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]; // xz-file-format §2.1.1.1
const BZIP2 = [0x42, 0x5a, 0x68]; // "BZh", then the level '1' to '9'
const BZIP2_BLOCK = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/**
 * Tells the compression from the first bytes, by magic number. Anything unknown, and nothing at all, is `none`.
 *
 * @param head the first {@link DETECTION_BYTES} bytes; fewer only where the stream is shorter
 */
export function detectCompression(head: Uint8Array): Compression {
  if (hasBytes(head, 0, GZIP)) return 'gzip';
  if (hasBytes(head, 0, ZSTD) || isSkippableFrame(head)) return 'zstd';
  if (hasBytes(head, 0, XZ)) return 'xz';
  return isBzip2(head) ? 'bzip2' : 'none';
}

function isSkippableFrame(head: Uint8Array): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && hasBytes(head, 1, ZSTD_SKIPPABLE);
}

/** The first block's magic is asked for too: a tar may well begin with a file called `BZh9`. */
function isBzip2(head: Uint8Array): boolean {
  if (!hasBytes(head, 0, BZIP2)) return false;
  if (head.byteLength < DETECTION_BYTES) return true;
  return hasBytes(head, 4, BZIP2_BLOCK) || hasBytes(head, 4, BZIP2_END);
}

function hasBytes(head: Uint8Array, offset: number, magic: readonly number[]): boolean {
  return magic.every((byte, position) => head[offset + position] === byte);
}
