import { Buffer } from 'node:buffer';
import { asObject, asString, parseJsonObject, type JsonObject } from '../oci/json.ts';
import { parseEcdsaDer } from './ecdsa-signature.ts';
import { badSignature } from './key-error.ts';

/** A message signature by a bare key. The key id and the digest are what the bundle says; neither proves anything. */
export interface SigstoreBundle {
  readonly keyId: string;
  /** SHA-256 of the payload. */
  readonly digest: Buffer;
  /** DER of the ECDSA signature over the payload. */
  readonly signature: Buffer;
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const KEY_ID_PREFIX = 'SHA256:';
const SHA256_BYTES = 32;
const MAX_BYTES = 4096;

/** One line of JSON, without a line end, byte for byte what cosign 3 writes (sigstore protobuf-specs, bundle v0.3). */
export function formatSigstoreBundle({ keyId, digest, signature }: SigstoreBundle): Buffer {
  const bundle = {
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: keyId.slice(KEY_ID_PREFIX.length) } },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: digest.toString('base64') },
      signature: signature.toString('base64'),
    },
  };
  return Buffer.from(JSON.stringify(bundle));
}

/**
 * Reads a Sigstore bundle v0.3 by a bare key, without transparency log or timestamps.
 *
 * @throws AirkitError VERIFICATION_FAILED (BAD_SIGNATURE) for any other bytes than {@link formatSigstoreBundle} writes
 */
export function parseSigstoreBundle(bytes: Uint8Array): SigstoreBundle {
  const bundle = parseMembers(bytes);
  const isWhole =
    bundle !== undefined &&
    bundle.digest.byteLength === SHA256_BYTES &&
    isSha256Base64(bundle.keyId.slice(KEY_ID_PREFIX.length)) &&
    parseEcdsaDer(bundle.signature) !== undefined;
  if (isWhole && formatSigstoreBundle(bundle).equals(bytes)) return bundle;
  throw badSignature('not a Sigstore bundle v0.3 of one ECDSA P-256 signature by a bare key');
}

function parseMembers(bytes: Uint8Array): SigstoreBundle | undefined {
  try {
    const where = 'Sigstore bundle';
    const root = parseJsonObject(bytes, { where, maxBytes: MAX_BYTES });
    const message = asObject(root['messageSignature'], where);
    const digest = asObject(message['messageDigest'], where);
    const key = asObject(asObject(root['verificationMaterial'], where)['publicKey'], where);
    return {
      keyId: `${KEY_ID_PREFIX}${asString(key['hint'], where)}`,
      digest: base64Of(digest, 'digest'),
      signature: base64Of(message, 'signature'),
    };
  } catch {
    return undefined;
  }
}

function base64Of(object: JsonObject, member: string): Buffer {
  return Buffer.from(asString(object[member], member), 'base64');
}

function isSha256Base64(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === SHA256_BYTES && bytes.toString('base64') === text;
}
