import { createHash, type Hash } from 'node:crypto';
import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestFromHex } from '../oci/digest.ts';
import type { ByteStream } from './operation.ts';

/**
 * Passes bytes through and checks them: more or fewer than `expected.size`, or another sha256, is an error in place of
 * the end of the stream. The last bytes are passed on only once the sha256 is right, so that nobody who counts bytes
 * takes damaged content for complete. The one place where blobs are checked.
 *
 * @throws AirkitError SIZE_MISMATCH, DIGEST_MISMATCH
 */
export async function* verifyBytes(
  expected: Descriptor,
  bytes: ByteStream | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let size = 0;
  if (expected.size === 0) requireDigest(expected, hash);
  for await (const chunk of bytes) {
    if (chunk.byteLength === 0) continue;
    size += chunk.byteLength;
    if (size > expected.size) throw sizeMismatch(expected, `more than ${expected.size}`);
    hash.update(chunk);
    if (size === expected.size) requireDigest(expected, hash);
    yield chunk;
  }
  if (size !== expected.size) throw sizeMismatch(expected, `${size}`);
}

function requireDigest({ digest }: Descriptor, hash: Hash): void {
  const actual = digestFromHex(hash.digest('hex'));
  if (actual === digest) return;
  throw new AirkitError('DIGEST_MISMATCH', `${digest}: the bytes have the digest ${actual}`, {
    context: { digest, actual },
  });
}

function sizeMismatch(expected: Descriptor, actual: string): AirkitError {
  return new AirkitError(
    'SIZE_MISMATCH',
    `${expected.digest}: ${expected.size} bytes are expected, ${actual} are there`,
    { context: { digest: expected.digest } },
  );
}
