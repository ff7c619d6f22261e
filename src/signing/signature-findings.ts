import type { Problem } from '../errors.ts';
import type { PublicKey } from './p256-public-key.ts';

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

export interface UnknownKey {
  /** Undefined when the signature does not say. */
  readonly keyId: string | undefined;
  /** A signature file by the key. */
  readonly subject: string;
  /** `warning` beside a trusted signature. */
  readonly severity: Problem['severity'];
}

/** A signature by a key that is not trusted; without the key it cannot always be checked. */
export function unknownKeyFinding(unknown: UnknownKey, trusted: readonly PublicKey[]): Problem {
  const { keyId, subject, severity } = unknown;
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
