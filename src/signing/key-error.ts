import { AirkitError, type ErrorContext } from '../errors.ts';

/** The way out of every wrong kind of key. */
export const MAKE_A_KEY = 'airkit signs with ECDSA P-256 keys: `airkit keygen` makes a pair.';

/** The error for a key that cannot be used. Messages must never hold key material or passwords. */
export function keyInvalid(message: string, hint?: string, context?: ErrorContext): AirkitError {
  return new AirkitError('KEY_INVALID', message, { hint, context });
}

/** The error for a signature file that is not as airkit, cosign or ssh-keygen writes it. */
export function badSignature(message: string): AirkitError {
  return new AirkitError('VERIFICATION_FAILED', message, {
    problems: [{ code: 'BAD_SIGNATURE', severity: 'error', message }],
  });
}
