import { generateKeyPair as generate } from 'node:crypto';
import { promisify } from 'node:util';
import { formatAllowedSigner } from './allowed-signers.ts';
import { sealCosignKey } from './cosign-key.ts';
import { formatPublicKeyPem, publicKeyOf } from './p256-public-key.ts';

export interface GenerateKeyPairOptions {
  /** Encrypts the private key; empty where the disk protects it. */
  readonly password: string;
  /** Who signs, for ssh-keygen. Default `airkit`. */
  readonly principal?: string | undefined;
}

/** The texts of `PREFIX.key`, `PREFIX.pub` and `PREFIX.allowed_signers`. */
export interface GeneratedKeyPair {
  /** Armour of cosign, so that `cosign sign-blob --key` reads it too. */
  readonly privateKey: string;
  /** SPKI PEM. */
  readonly publicKey: string;
  /** One line of OpenSSH's allowed_signers, for airkit's namespace only. */
  readonly allowedSigners: string;
  readonly keyId: string;
}

const generateAsync = promisify(generate);

/**
 * Makes a new ECDSA P-256 key pair.
 *
 * @throws AirkitError KEY_INVALID for a principal that allowed_signers cannot hold
 */
export async function generateKeyPair(options: GenerateKeyPairOptions): Promise<GeneratedKeyPair> {
  const pair = await generateAsync('ec', { namedCurve: 'prime256v1' });
  const key = publicKeyOf(pair.publicKey);
  const allowedSigners = formatAllowedSigner(key, options.principal ?? 'airkit');
  const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    privateKey: await sealCosignKey(pkcs8, options.password),
    publicKey: formatPublicKeyPem(key),
    allowedSigners,
    keyId: key.keyId,
  };
}
