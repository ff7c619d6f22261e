import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { AirkitError } from '../errors.ts';
import { parseEcdsaDer } from './ecdsa-signature.ts';
import { readSignerOutput } from './exec-output.ts';
import { keyInvalid } from './key-error.ts';
import { isSignedBy } from './p256-public-key.ts';
import { readPrivateKey, type ReadPrivateKeyOptions, type SigningKey } from './private-key.ts';
import { P256, type PublicKey } from './public-key.ts';
import { runSigner, type SignerCommand } from './run-signer.ts';
import { signatureBlobOfDer } from './ssh-signature-blob.ts';

export interface ExecKeyOptions extends ReadPrivateKeyOptions {
  /** Whose signatures the command may make: the one that was named, else all that are trusted. */
  readonly candidates: () => Promise<readonly PublicKey[]>;
  readonly signal?: AbortSignal | undefined;
}

/** What the command signs: the SHA-256 that it reads, or, hashing by itself, all that it reads. */
type Input = 'digest' | 'bytes';

/** Signed once, to learn what the command reads and whose key it has before any work is done. */
const TRIAL = Buffer.from('airkit asks for this signature to try out a key; it is over no kit\n');

/**
 * Opens a key that only a command can use: in a KMS, an HSM or a token. The command reads the SHA-256 of what is to be
 * signed, 32 bytes, from its stdin, and writes an ECDSA P-256 signature to its stdout. One that hashes its input
 * by itself, as `openssl dgst -sign` does, is found out by a trial signature, and is given the bytes instead. One that
 * prints a private key, as a password store does, is taken at that.
 *
 * @throws AirkitError KEY_INVALID when the command fails or what it writes is no signature by any of the keys
 */
export async function openExecKey(
  command: SignerCommand,
  { candidates, signal, password }: ExecKeyOptions,
): Promise<SigningKey> {
  const output = await runSigner(command, sha256(TRIAL), { signal });
  if (output.includes('-----BEGIN ')) return readPrivateKey(output.toString('utf8'), { password });
  const keys = (await candidates()).filter(({ kind }) => kind === P256);
  if (keys.length === 0) throw noCandidates();
  const found = match(readSignerOutput(output), keys);
  if (found === undefined) throw notBy(keys);
  const { publicKey, input } = found;
  return {
    publicKey,
    sign: async (bytes) => {
      const given = input === 'digest' ? sha256(bytes) : bytes;
      const ders = readSignerOutput(await runSigner(command, given, { signal }));
      const der = ders.find((one) => isSignedBy(publicKey, bytes, one));
      const blob = der === undefined ? undefined : signatureBlobOfDer(der);
      if (blob === undefined) throw notBy([publicKey]);
      return blob;
    },
  };
}

function match(
  ders: readonly Buffer[],
  keys: readonly PublicKey[],
): { publicKey: PublicKey; input: Input } | undefined {
  const signed = [
    ['digest', TRIAL],
    ['bytes', sha256(TRIAL)],
  ] as const;
  for (const der of ders.filter((one) => parseEcdsaDer(one) !== undefined)) {
    for (const publicKey of keys) {
      const found = signed.find(([, bytes]) => isSignedBy(publicKey, bytes, der));
      if (found !== undefined) return { publicKey, input: found[0] };
    }
  }
  return undefined;
}

function noCandidates(): AirkitError {
  return keyInvalid(
    'no ECDSA P-256 public key is known for the command that signs',
    'Name it with --public-key PUB (in a bundles file: sign.publicKey), or trust it: airkit trust add PUB.',
  );
}

function notBy(keys: readonly PublicKey[]): AirkitError {
  return keyInvalid(
    `what the command wrote is no ECDSA P-256 signature by ${keys.map(({ keyId }) => keyId).join(' or ')}`,
    'It must read a SHA-256 (32 bytes) or the bytes to sign from stdin, and write DER, r and s, or base64 of either.',
  );
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
