import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { COSIGN_KEY_LABELS, openCosignKey } from './cosign-key.ts';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import { publicKeyOf } from './p256-public-key.ts';
import { parsePem, type PemBlock } from './pem.ts';
import type { PublicKey } from './public-key.ts';
import { signatureBlobOfDer } from './ssh-signature-blob.ts';

/** Something that signs: a key in memory, or a device that keeps it. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** @returns the signature blob of SSH (RFC 4253 §6.6); of P-256 keys, ECDSA over the SHA-256 of the bytes */
  readonly sign: (bytes: Uint8Array) => Promise<Buffer>;
  /** More bytes cannot be signed at once. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** What a person should know of the key, as sentences. */
  readonly warnings?: readonly string[] | undefined;
}

export interface ReadPrivateKeyOptions {
  /** Asked for encrypted keys only. */
  readonly password?: (() => Promise<string>) | undefined;
}

const CONVERT_OPENSSH = 'Convert a copy of it: `ssh-keygen -p -m PKCS8 -f COPY`.';

/**
 * Reads an ECDSA P-256 private key: of cosign (also of its first versions), PKCS#8 plain or encrypted (RFC 5958), or
 * SEC1 (RFC 5915).
 *
 * @throws AirkitError KEY_INVALID; its text never holds key material
 */
export async function readPrivateKey(
  text: string,
  options: ReadPrivateKeyOptions = {},
): Promise<SigningKey> {
  const key = await openPrivateKey(findPrivateBlock(text), options);
  return {
    publicKey: publicKeyOf(key),
    sign: async (bytes) => signatureBlobOfDer(sign('sha256', bytes, key)) ?? Buffer.alloc(0),
  };
}

function findPrivateBlock(text: string): PemBlock {
  const blocks = parsePem(text);
  const found = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (found !== undefined) return found;
  const label = blocks[0]?.label;
  if (label?.endsWith('PUBLIC KEY') === true || /(^|\s)(ssh|ecdsa)-\S+ AAAA/m.test(text)) {
    throw keyInvalid(
      'this is a public key; a private key signs',
      'Give the file that `airkit keygen` named PREFIX.key.',
    );
  }
  throw keyInvalid(
    label === undefined ? 'no private key is in it' : `a ${label} is no private key`,
    MAKE_A_KEY,
  );
}

async function openPrivateKey(block: PemBlock, options: ReadPrivateKeyOptions): Promise<KeyObject> {
  const { label, body, text } = block;
  if (label === 'OPENSSH PRIVATE KEY')
    throw keyInvalid('private keys in OpenSSH format cannot be read', CONVERT_OPENSSH);
  if (COSIGN_KEY_LABELS.includes(label)) {
    const key = await openCosignKey(body, await askPassword(options));
    return load(() => createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
  }
  if (label !== 'ENCRYPTED PRIVATE KEY' && !body.startsWith('Proc-Type: 4,ENCRYPTED'))
    return load(() => createPrivateKey({ key: text, format: 'pem' }));
  const passphrase = await askPassword(options);
  return load(
    () => createPrivateKey({ key: text, format: 'pem', passphrase }),
    'the password does not open the private key, or the key is malformed',
  );
}

async function askPassword({ password }: ReadPrivateKeyOptions): Promise<string> {
  if (password !== undefined) return password();
  throw keyInvalid('the private key is encrypted, and no password was given');
}

/** OpenSSL's errors say nothing that helps a person, and are not passed on. */
function load(create: () => KeyObject, message = 'the private key is malformed'): KeyObject {
  try {
    return create();
  } catch {
    throw keyInvalid(message, MAKE_A_KEY);
  }
}
