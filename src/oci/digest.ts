import { createHash } from 'node:crypto';
import { AirkitError } from '../errors.ts';

declare const digestBrand: unique symbol;

/** `sha256:<64 lower-case hex>`. Only {@link parseDigest} and the functions of this file make one. */
export type Digest = string & { readonly [digestBrand]: true };

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** True when the text is a digest that airkit handles (sha256 only; OCI image-spec descriptor.md "Digests"). */
export function isDigest(text: string): text is Digest {
  return SHA256.test(text);
}

/** @throws AirkitError CONTENT_INVALID for anything but a well-formed sha256 digest. */
export function parseDigest(text: unknown, where = 'digest'): Digest {
  if (typeof text === 'string' && isDigest(text)) return text;
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 100)) : typeof text;
  throw new AirkitError('CONTENT_INVALID', `${where}: ${shown} is not a sha256 digest`, {
    hint: 'airkit handles sha256 digests only: "sha256:" and 64 lower-case hex digits.',
  });
}

/** Digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return digestFromHex(createHash('sha256').update(bytes).digest('hex'));
}

/** @param hex 64 lower-case hex digits, as a sha256 hash object returns them. */
export function digestFromHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
