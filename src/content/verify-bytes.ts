import { createHash } from 'node:crypto';
import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestFromHex } from '../oci/digest.ts';
import type { ByteStream } from './operation.ts';

/**
 * Passes bytes through and checks them: more or fewer than `expected.size`, or another sha256, is an error in place of
 * the end of the stream. The one place where blobs are checked.
 *
 * @throws AirkitError SIZE_MISMATCH, DIGEST_MISMATCH
 */
export async function* verifyBytes(
  expected: Descriptor,
  bytes: ByteStream,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > expected.size) throw sizeMismatch(expected, `more than ${expected.size}`);
    hash.update(chunk);
    yield chunk;
  }
  if (size !== expected.size) throw sizeMismatch(expected, `${size}`);
  const actual = digestFromHex(hash.digest('hex'));
  if (actual === expected.digest) return;
  throw new AirkitError(
    'DIGEST_MISMATCH',
    `${expected.digest}: the bytes have the digest ${actual}`,
    {
      context: { digest: expected.digest, actual },
    },
  );
}

function sizeMismatch(expected: Descriptor, actual: string): AirkitError {
  return new AirkitError(
    'SIZE_MISMATCH',
    `${expected.digest}: ${expected.size} bytes are expected, ${actual} are there`,
    { context: { digest: expected.digest } },
  );
}
