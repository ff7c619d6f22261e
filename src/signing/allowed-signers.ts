import { Buffer } from 'node:buffer';
import { keyInvalid, MAKE_A_KEY } from './key-error.ts';
import type { KeyEntry } from './key-entry.ts';
import { matchesPatternList } from './pattern-list.ts';
import { isKeyKind, KEY_KINDS, type PublicKey } from './public-key.ts';
import { parseSshKeyBlob } from './ssh-key-blob.ts';
import { SSH_NAMESPACE } from './ssh-signature.ts';
import { parseSshTime } from './ssh-time.ts';

/** One line with a public key of SSH, of whatever kind. */
export interface SignerLine {
  readonly text: string;
  /** 1-based. */
  readonly number: number;
  readonly principals: string | undefined;
  readonly options: readonly string[];
  readonly type: string;
  readonly blob: Buffer;
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
  const blob = key.sshBlob.toString('base64');
  return `${principal} namespaces="${SSH_NAMESPACE}" ${key.kind} ${blob}\n`;
}

/**
 * Reads lines of allowed_signers, or public keys as `ssh-keygen` writes them. Lines for other namespaces are passed
 * over; principals are not looked at: whoever is in a trust file may sign.
 *
 * @throws AirkitError KEY_INVALID for a kind of key whose signatures airkit cannot check, for authorities of
 * certificates, and for options that airkit would have to ignore
 */
export function parseAllowedSigners(text: string): KeyEntry[] {
  return splitSignerLines(text).flatMap(parseEntry);
}

/**
 * Splits a text into its lines with keys; what the keys are is not looked at.
 *
 * @throws AirkitError KEY_INVALID for a line without a public key
 */
export function splitSignerLines(text: string): SignerLine[] {
  return text.split(/\r?\n/).flatMap((line, position) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : splitLine(trimmed, position + 1);
  });
}

function splitLine(text: string, number: number): SignerLine {
  const words = text.match(WORD) ?? [];
  const at = words.findIndex((word) => KEY_TYPE.test(word));
  const type = words[at];
  const base64 = words[at + 1];
  if (at > 2 || type === undefined || base64 === undefined)
    throw keyInvalid(`line ${number}: neither a public key nor a line of allowed_signers`);
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64)
    throw keyInvalid(`line ${number}: the public key is malformed`);
  const options = at === 2 ? (words[1]?.match(OPTION) ?? []) : [];
  const principals = at > 0 ? words[0]?.replaceAll('"', '') : undefined;
  return { text, number, principals, options, type, blob };
}

function parseEntry(line: SignerLine): KeyEntry[] {
  const options = parseOptions(line);
  const { text, number, principals, type, blob } = line;
  const { namespaces } = options;
  if (namespaces !== undefined && !matchesPatternList(SSH_NAMESPACE, namespaces)) return [];
  if (!isKeyKind(type)) {
    const hint = /-cert-v\d/.test(type) ? `Name the key itself, not its certificate.` : KNOWN_KINDS;
    throw keyInvalid(`line ${number}: airkit cannot check signatures by ${type}`, hint);
  }
  const key = parseSshKeyBlob(blob);
  if (key?.kind !== type)
    throw keyInvalid(`line ${number}: the public key is malformed, or an RSA key below 2048 bits`);
  return [{ key, principals, ...options, text }];
}

const KNOWN_KINDS = `It knows ${KEY_KINDS.join(', ')}. ${MAKE_A_KEY}`;

type Options = Pick<KeyEntry, 'namespaces' | 'validAfter' | 'validBefore'>;

function parseOptions({ options, number }: SignerLine): Options {
  const found = new Map<string, string>();
  for (const option of options) {
    const [, name = '', value] = /^([^=]*)(?:="?([^"]*)"?)?$/.exec(option) ?? [];
    const known = name.toLowerCase();
    if (known === 'cert-authority') throw certificateAuthority(number);
    if (!['namespaces', 'valid-after', 'valid-before'].includes(known) || value === undefined)
      throw unknownOption(number, name);
    if (found.has(known)) throw keyInvalid(`line ${number}: ${known} stands there twice`);
    found.set(known, value);
  }
  const timeOf = (name: string): number | undefined => {
    const text = found.get(name);
    const time = text === undefined ? undefined : parseSshTime(text);
    if (text === undefined || time !== undefined) return time;
    throw keyInvalid(
      `line ${number}: ${name} is no time`,
      'Write it as YYYYMMDD or YYYYMMDDHHMM[SS], with a Z behind it for UTC.',
    );
  };
  const validAfter = timeOf('valid-after');
  const validBefore = timeOf('valid-before');
  if (validAfter !== undefined && validBefore !== undefined && validBefore <= validAfter)
    throw keyInvalid(`line ${number}: valid-before is not after valid-after`);
  return { namespaces: found.get('namespaces'), validAfter, validBefore };
}

function certificateAuthority(number: number): Error {
  return keyInvalid(
    `line ${number}: airkit does not check certificates, so it cannot trust a cert-authority`,
    'Give the public keys of the signers themselves.',
  );
}

function unknownOption(number: number, name: string): Error {
  return keyInvalid(
    `line ${number}: airkit does not know the option ${JSON.stringify(name)}, and will not ignore it`,
    'It knows namespaces="…", valid-after="…" and valid-before="…".',
  );
}
