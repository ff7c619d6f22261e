import { Buffer } from 'node:buffer';
import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import nacl from 'tweetnacl';
import { asObject, asString, parseJsonObject, type JsonObject } from '../oci/json.ts';
import { keyInvalid } from './key-error.ts';
import { formatPem } from './pem.ts';

/** What cosign writes today, and what it wrote before 2.0. */
export const COSIGN_KEY_LABELS: readonly string[] = [
  'ENCRYPTED SIGSTORE PRIVATE KEY',
  'ENCRYPTED COSIGN PRIVATE KEY',
];

interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

interface SealedKey {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
}

/** The strongest of the costs that cosign reads (go-securesystemslib encrypted.go, "OWASP"): 128 MiB, about 0.4 s. */
const COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
const MAX_N = 2 ** 20;
/** Scrypt needs 128·N·r bytes. */
const MAX_SCRYPT_BYTES = 2 ** 30;
const MAX_P = 16;
const MAX_KEY_BYTES = 64 * 1024;

const deriveKey = promisify<
  string,
  Uint8Array,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

/** Encrypts a PKCS#8 key as cosign does: scrypt, NaCl secretbox, JSON in base64 in armour. */
export async function sealCosignKey(pkcs8: Uint8Array, password: string): Promise<string> {
  const salt = randomBytes(32);
  const nonce = randomBytes(nacl.secretbox.nonceLength);
  const key = await stretch(password, salt, COST);
  const ciphertext = nacl.secretbox(pkcs8, nonce, key);
  const sealed = {
    kdf: { name: 'scrypt', params: COST, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  };
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(sealed)));
}

/**
 * Decrypts the body of a cosign key.
 *
 * @param body base64, as {@link parsePem} returns it
 * @returns PKCS#8 DER
 * @throws AirkitError KEY_INVALID for a malformed key, costs beyond 1 GiB of memory, or a wrong password
 */
export async function openCosignKey(body: string, password: string): Promise<Buffer> {
  const { cost, salt, nonce, ciphertext } = parseSealedKey(body);
  const opened = nacl.secretbox.open(ciphertext, nonce, await stretch(password, salt, cost));
  if (opened === null) throw keyInvalid('the password does not open the private key');
  return Buffer.from(opened);
}

async function stretch(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  const { N, r, p } = cost;
  // OpenSSL wants room for its working blocks above the 128·N·r bytes.
  const maxmem = 128 * r * (N + p + 32);
  return deriveKey(password, salt, nacl.secretbox.keyLength, { N, r, p, maxmem });
}

/** Refuses costs that would exhaust the machine: the file says them before any password is checked. */
function parseSealedKey(body: string): SealedKey {
  const sealed = parseSealedJson(body);
  const { cost, nonce } = sealed;
  if (!isBearable(cost)) throw keyInvalid('the private key demands scrypt costs beyond all use');
  if (nonce.byteLength !== nacl.secretbox.nonceLength)
    throw keyInvalid('the encrypted private key is malformed');
  return sealed;
}

function parseSealedJson(body: string): SealedKey {
  try {
    const json = Buffer.from(body, 'base64');
    const document = parseJsonObject(json, { where: 'private key', maxBytes: MAX_KEY_BYTES });
    const kdf = asObject(document['kdf'], 'kdf');
    const cipher = asObject(document['cipher'], 'cipher');
    if (kdf['name'] !== 'scrypt' || cipher['name'] !== 'nacl/secretbox')
      throw keyInvalid('unknown scheme');
    return {
      cost: parseCost(asObject(kdf['params'], 'params')),
      salt: base64Of(kdf, 'salt'),
      nonce: base64Of(cipher, 'nonce'),
      ciphertext: base64Of(document, 'ciphertext'),
    };
  } catch {
    // Not as `cause`: JSON.parse quotes the text that it could not read.
    throw keyInvalid(
      'the encrypted private key is malformed, or of a scheme that airkit cannot read',
    );
  }
}

function base64Of(object: JsonObject, member: string): Buffer {
  return Buffer.from(asString(object[member], member), 'base64');
}

function parseCost({ ['N']: N, ['r']: r, ['p']: p }: JsonObject): ScryptCost {
  return { N: Number(N), r: Number(r), p: Number(p) };
}

function isBearable({ N, r, p }: ScryptCost): boolean {
  const isWhole = [N, r, p].every((value) => Number.isSafeInteger(value) && value > 0);
  const isPower = isWhole && Number.isInteger(Math.log2(N)) && N > 1;
  return isPower && N <= MAX_N && 128 * N * r <= MAX_SCRYPT_BYTES && p <= MAX_P;
}
