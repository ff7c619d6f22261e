import type { PublicKey } from './public-key.ts';

/** A key as a trust file gives it, and when its signatures count. */
export interface KeyEntry {
  readonly key: PublicKey;
  /** Who signs, of allowed_signers. It is shown, not judged: whoever is in a trust file may sign. */
  readonly principals?: string | undefined;
  /** Pattern list of the option `namespaces`. */
  readonly namespaces?: string | undefined;
  /** Milliseconds since 1970; the instant itself is good. */
  readonly validAfter?: number | undefined;
  readonly validBefore?: number | undefined;
  /** The line or PEM block it was read from. */
  readonly text: string;
}

/** What a date says of an entry. */
export type Validity = 'valid' | 'expired' | 'not-yet-valid';

/** Both ends of the interval belong to it, as for ssh-keygen. @param at milliseconds since 1970 */
export function validityOf({ validAfter, validBefore }: KeyEntry, at: number): Validity {
  if (validAfter !== undefined && at < validAfter) return 'not-yet-valid';
  return validBefore !== undefined && at > validBefore ? 'expired' : 'valid';
}
