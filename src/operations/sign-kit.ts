import { join } from 'node:path';
import { writeFileAtomically } from '../content/write-file.ts';
import type { PublicKey } from '../signing/public-key.ts';
import type { SigningKey } from '../signing/private-key.ts';
import { signDetached } from '../signing/sign-detached.ts';
import { signatureFileNames, type SignedFile } from '../signing/signature-files.ts';

export interface SignedFolder {
  readonly folder: string;
  /** The very bytes that were checked: what lies on the medium now may be other ones. */
  readonly signed: Readonly<Record<SignedFile, Uint8Array>>;
}

export interface SignKitOptions {
  readonly key: SigningKey;
  /** Whose name the files carry, for a signature beside the first one. */
  readonly further?: PublicKey | undefined;
}

/**
 * Signs `bundle.json` and `SHA256SUMS` of a kit folder in all formats that the key can make. Nothing is written before
 * every signature has been made and checked.
 *
 * @returns names of the files written
 * @throws AirkitError DISK_FAILED, KEY_INVALID
 */
export async function signKitFolder(
  { folder, signed }: SignedFolder,
  { key, further }: SignKitOptions,
): Promise<string[]> {
  const signatures = {
    'bundle.json': await signDetached(signed['bundle.json'], key),
    SHA256SUMS: await signDetached(signed.SHA256SUMS, key),
  };
  const written: string[] = [];
  for (const { name, signs, format } of signatureFileNames(further)) {
    const bytes = signatures[signs][format];
    if (bytes === undefined) continue;
    await writeFileAtomically(join(folder, name), bytes);
    written.push(name);
  }
  return written;
}
