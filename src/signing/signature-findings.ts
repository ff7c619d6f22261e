import type { Problem } from '../errors.ts';
import type { PublicKey } from './public-key.ts';
import type { RefusedKey } from './trusted-keys.ts';

/** No signature at all. */
export function unsignedFinding(): Problem {
  return {
    code: 'UNSIGNED',
    severity: 'error',
    message: 'the kit is not signed',
    hint: 'Sign it with `airkit sign KIT --key KEY`, or load it with --allow-unsigned if its way here is trusted.',
  };
}

/** A file that is no signature, or one over other bytes or by another key than it should be. */
export function badSignatureFinding(subject: string, why: string): Problem {
  return {
    code: 'BAD_SIGNATURE',
    severity: 'error',
    subject,
    message: `${subject}: ${why}`,
    hint: 'The kit was altered or damaged after it was signed: do not use it, and ask for a new copy.',
  };
}

/** A member of a set that is not there: another member proves the same. */
export function missingMemberFinding(subject: string): Problem {
  return {
    code: 'SIGNATURE_INCOMPLETE',
    severity: 'warning',
    subject,
    message: `${subject} is missing; a further signature of the same key was checked in its place`,
  };
}

/** Something that a trusted key should have signed and has not. */
export function uncoveredFinding(subject: string): Problem {
  return {
    code: 'SIGNATURE_INCOMPLETE',
    severity: 'error',
    subject,
    message: `a trusted key signed a part of the kit, but not ${subject}`,
    hint: 'Signature files were removed, or the kit was signed in part: ask for a whole copy.',
  };
}

/** Signatures over a file that the kit no longer has. */
export function orphanFinding(subject: string, signed: string): Problem {
  return {
    code: 'SIGNATURE_INCOMPLETE',
    severity: 'error',
    subject,
    message: `${subject} signs ${signed}, which is missing`,
    hint: 'Files were removed from the kit: ask for a whole copy.',
  };
}

/** Trusted keys signed all that is there, but fewer of them than were asked for. */
export function tooFewSignersFinding(signed: readonly string[], threshold: number): Problem {
  const who = signed.length === 0 ? 'none' : signed.join(', ');
  return {
    code: 'TOO_FEW_SIGNERS',
    severity: 'error',
    message: `${threshold} trusted keys must have signed, and ${signed.length} did: ${who}`,
    hint: 'Have the kit signed by a further key (airkit sign KIT --key KEY), and trust that key, too.',
  };
}

export interface UntrustedKey {
  /** Undefined when the signature does not say. */
  readonly keyId: string | undefined;
  /** A signature file by the key. */
  readonly subject: string;
  /** `warning` beside a trusted signature. */
  readonly severity: Problem['severity'];
  /** Why a key that is known does not count; undefined for an unknown one. */
  readonly why?: RefusedKey['why'] | undefined;
}

/** A signature by a key that does not count; without the key it cannot always be checked. */
export function untrustedKeyFinding(
  untrusted: UntrustedKey,
  trusted: readonly PublicKey[],
): Problem {
  const { why, keyId, subject, severity } = untrusted;
  if (why === undefined) return unknownKeyFinding(untrusted, trusted);
  const { code, is, hint } = REFUSALS[why];
  return {
    code,
    severity,
    subject,
    message: `${subject} is by the key ${keyId ?? ''}, which ${is}`,
    hint,
  };
}

/** The codes of signatures that are right, by keys that do not count. */
export const UNTRUSTED_CODES: readonly string[] = [
  'UNKNOWN_KEY',
  'REVOKED_KEY',
  'EXPIRED_KEY',
  'NOT_YET_VALID_KEY',
  'TOO_FEW_SIGNERS',
];

const REFUSALS: Readonly<
  Record<RefusedKey['why'], { readonly code: string; readonly is: string; readonly hint: string }>
> = {
  revoked: {
    code: 'REVOKED_KEY',
    is: 'was revoked',
    hint: 'Do not use the kit: ask its owner for one that another key signed.',
  },
  expired: {
    code: 'EXPIRED_KEY',
    is: 'expired',
    hint: 'Ask for a kit that a newer key signed, or judge an old one by its time with --at DATE.',
  },
  'not-yet-valid': {
    code: 'NOT_YET_VALID_KEY',
    is: 'is not valid yet',
    hint: 'Check the clock of this machine, and valid-after in the file of trusted keys.',
  },
};

function unknownKeyFinding(
  { keyId, subject, severity }: UntrustedKey,
  trusted: readonly PublicKey[],
): Problem {
  const who = keyId === undefined ? 'a key that it does not name' : `the key ${keyId}`;
  const ids = [...new Set(trusted.map((key) => key.keyId))];
  const known = ids.length === 0 ? 'no key is trusted' : `trusted are ${ids.join(', ')}`;
  return {
    code: 'UNKNOWN_KEY',
    severity,
    subject,
    message: `${subject} is by ${who}, which is not trusted; ${known}`,
    hint: 'Get the public key from the signer by another way than the kit, then name it with --trust PUB.',
  };
}
