import { Buffer } from 'node:buffer';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import {
  formatSshKeyBlob,
  parseSshKeyBlob,
  SSH_KEY_TYPE,
  type PublicKey,
} from './p256-public-key.ts';
import { SSH_NAMESPACE } from './ssh-signature.ts';

interface SignerLine {
  readonly options: readonly string[];
  readonly type: string;
  readonly blob: string;
}

const PRINCIPAL = /^[A-Za-z0-9._@+-]+$/;
const KEY_TYPE = /^(sk-)?(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)(-cert-v01)?(@openssh\.com)?$/;
/** Words of a line; a quoted part may hold spaces and commas. */
const WORD = /(?:[^\s"]|"[^"]*")+/g;
const OPTION = /(?:[^,"]|"[^"]*")+/g;

/**
 * One line of allowed_signers (ssh-keygen(1) "ALLOWED SIGNERS") that admits the key for airkit's namespace.
 *
 * @throws AirkitError KEY_INVALID for a principal that would be a pattern or a list
 */
export function formatAllowedSigner(key: PublicKey, principal: string): string {
  if (!PRINCIPAL.test(principal)) {
    throw keyInvalid(
      `${JSON.stringify(principal)} cannot name a signer`,
      'Use letters, digits and . _ @ + - only, such as release@example.com.',
    );
  }
  const blob = formatSshKeyBlob(key).toString('base64');
  return `${principal} namespaces="${SSH_NAMESPACE}" ${SSH_KEY_TYPE} ${blob}\n`;
}

/**
 * Reads lines of allowed_signers, or public keys as `ssh-keygen` writes them. Lines for other namespaces are passed
 * over; principals are not looked at: whoever is in a trust file may sign.
 *
 * @throws AirkitError KEY_INVALID for a key that is not P-256, and for options that airkit would have to ignore
 */
export function parseAllowedSigners(text: string): PublicKey[] {
  return text.split(/\r?\n/).flatMap((line, position) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : parseLine(trimmed, position + 1);
  });
}

function parseLine(line: string, number: number): PublicKey[] {
  const { options, type, blob } = splitLine(line, number);
  if (!options.every((option) => admits(option, number))) return [];
  if (type !== SSH_KEY_TYPE)
    throw keyInvalid(`line ${number}: the key is ${type}, not ${SSH_KEY_TYPE}`, MAKE_A_KEY);
  const bytes = Buffer.from(blob, 'base64');
  const key = bytes.toString('base64') === blob ? parseSshKeyBlob(bytes) : undefined;
  if (key === undefined) throw keyInvalid(`line ${number}: the public key is malformed`);
  return [key];
}

function splitLine(line: string, number: number): SignerLine {
  const words = line.match(WORD) ?? [];
  const at = words.findIndex((word) => KEY_TYPE.test(word));
  const type = words[at];
  const blob = words[at + 1];
  if (at > 2 || type === undefined || blob === undefined)
    throw keyInvalid(`line ${number}: neither a public key nor a line of allowed_signers`);
  return { options: at === 2 ? (words[1]?.match(OPTION) ?? []) : [], type, blob };
}

/** False when the option keeps the key from signing kits. */
function admits(option: string, number: number): boolean {
  const [, name = '', value = ''] = /^([^=]*)(?:="?([^"]*)"?)?$/.exec(option) ?? [];
  if (name.toLowerCase() === 'namespaces') return value.split(',').includes(SSH_NAMESPACE);
  throw keyInvalid(
    `line ${number}: airkit does not know the option ${JSON.stringify(name)}, and will not ignore it`,
    'Keep airkit keys in a file of their own, with at most namespaces="…"; remove a key to end its trust.',
  );
}
