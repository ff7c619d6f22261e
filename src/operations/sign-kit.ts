import { join } from 'node:path';
import { writeFileAtomically } from '../content/write-file.ts';
import type { PublicKey } from '../signing/p256-public-key.ts';
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
 * Signs `bundle.json` and `SHA256SUMS` of a kit folder in all formats of a kit.
 *
 * @returns names of the files written
 * @throws AirkitError DISK_FAILED, KEY_INVALID
 */
export async function signKitFolder(
  { folder, signed }: SignedFolder,
  { key, further }: SignKitOptions,
): Promise<string[]> {
  const files = signatureFileNames(further);
  for (const signs of new Set(files.map((file) => file.signs))) {
    const signatures = await signDetached(signed[signs], key);
    for (const { name, format } of files.filter((file) => file.signs === signs)) {
      await writeFileAtomically(join(folder, name), signatures[format]);
    }
  }
  return files.map(({ name }) => name);
}
