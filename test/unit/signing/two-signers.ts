/** One kit's signatures by two keys, and a key that signed nothing. */
import type { SigningKey } from '../../../src/signing/private-key.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { makeKey, signKit } from './signed-kit.ts';

/** Signature files by name. */
export type Files = Map<string, Buffer>;

export const ours: SigningKey = await makeKey();
export const theirs: SigningKey = await makeKey();
export const us: PublicKey = ours.publicKey;
export const them: PublicKey = theirs.publicKey;
export const third: PublicKey = (await makeKey()).publicKey;
/** By {@link us}, under the names of the first set. */
export const primary: Files = await signKit(ours);
/** By {@link them}, under the names of a further set. */
export const further: Files = await signKit(theirs, them);
export const both: Files = new Map([...primary, ...further]);

/** The files whose names match. */
export function only(files: Files, wanted: RegExp): Files {
  return new Map([...files].filter(([name]) => wanted.test(name)));
}
