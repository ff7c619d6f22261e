import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { AirkitError } from '../errors.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { generateKeyPair } from '../signing/generate-key-pair.ts';
import { resolvePath, type Host } from './host.ts';
import { passwordFor } from './signing-key.ts';

export interface WrittenKeys {
  readonly keyId: string;
  /** Absolute paths. */
  readonly privateKey: string;
  readonly publicKey: string;
  readonly allowedSigners: string;
}

/**
 * Makes a key pair: `PREFIX.key` for whoever packs, `PREFIX.pub` and `PREFIX.allowed_signers` for whoever verifies. The
 * password comes from AIRKIT_KEY_PASSWORD or a person.
 *
 * @throws AirkitError OUTPUT_EXISTS when one of the files is there, USAGE when nobody can be asked, DISK_FAILED
 */
export async function keygen(
  host: Host,
  { prefix = 'airkit' }: { readonly prefix?: string | undefined } = {},
): Promise<WrittenKeys> {
  const base = resolvePath(host, prefix);
  const paths = {
    privateKey: `${base}.key`,
    publicKey: `${base}.pub`,
    allowedSigners: `${base}.allowed_signers`,
  };
  for (const path of Object.values(paths)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) {
      throw new AirkitError('OUTPUT_EXISTS', `${path} exists already`, {
        hint: 'Choose another prefix with -o: a key that was overwritten cannot be had back.',
        context: { path },
      });
    }
  }
  const password = await newPassword(host);
  const pair = await generateKeyPair({ password, principal: principalOf(base) });
  await writeFileAtomically(paths.privateKey, Buffer.from(pair.privateKey), { mode: 0o600 });
  await writeFileAtomically(paths.publicKey, Buffer.from(pair.publicKey));
  await writeFileAtomically(paths.allowedSigners, Buffer.from(pair.allowedSigners));
  return { keyId: pair.keyId, ...paths };
}

/** A person types it twice: a key whose password holds a slip is lost. */
async function newPassword(host: Host): Promise<string> {
  const first = await passwordFor('Password for the new key: ', host);
  if ((await passwordFor('Once more: ', host)) === first) return first;
  throw new AirkitError('USAGE', 'the two passwords differ', { hint: 'Run airkit keygen again.' });
}

/** allowed_signers takes no blanks, quotes or wildcards in a principal. */
function principalOf(base: string): string {
  const name = basename(base).replaceAll(/[^A-Za-z0-9._@-]/g, '-');
  return name === '' ? 'airkit' : name;
}
