import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { readKeyEntries } from '../signing/public-keys.ts';
import { isFingerprint, parseRevokedKeys, unpadded } from '../signing/revoked-keys.ts';
import { readSmall } from '../signing/trusted-keys.ts';
import { ownTrustFolderOf, resolvePath, type Host } from './host.ts';

export interface TrustAddOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the file in the folder, without its ending. Default: as the file given is called. */
  readonly name?: string | undefined;
  /** Into the machine's folder instead of the person's. */
  readonly system?: boolean | undefined;
  /** The keys are not to be trusted any more, whoever else trusts them. */
  readonly revoked?: boolean | undefined;
}

export interface AddedKey {
  readonly keyId: string;
  readonly fingerprint: string;
  readonly kind: string;
}

export interface AddedTrust {
  /** Absolute. */
  readonly path: string;
  /** False when the folder held the same file already. */
  readonly added: boolean;
  /** Keys that are trusted now; empty for revoked ones. */
  readonly keys: readonly AddedKey[];
  /** Key ids and SSH fingerprints that are revoked now. */
  readonly revoked: readonly string[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;
const ENDING = /\.(pub|pem|allowed_signers|revoked|txt)$/;

/**
 * Trusts the keys of a file, or with `revoked` revokes them: a copy of it goes into the folder of trusted keys.
 *
 * @param file a path; for `revoked` also a key id or SSH fingerprint
 * @throws AirkitError KEY_INVALID for a file that holds anything else, OUTPUT_EXISTS when other keys have that name, USAGE,
 * DISK_FAILED
 */
export async function trustAdd(
  host: Host,
  file: string,
  options: TrustAddOptions = {},
): Promise<AddedTrust> {
  const read = options.revoked === true ? readRevocation : readKeys;
  const { text, fileName, ending, ...names } = await read(host, file, options);
  const stem = safeName(options.name ?? fileName);
  const path = join(ownTrustFolderOf(host, options), `${stem}.${ending}`);
  return { path, added: await writeOnce(path, text), ...names };
}

interface ReadFile extends Pick<AddedTrust, 'keys' | 'revoked'> {
  readonly text: string;
  /** As it is called where it was. */
  readonly fileName: string;
  readonly ending: string;
}

async function readKeys(host: Host, file: string, options: TrustAddOptions): Promise<ReadFile> {
  const path = resolvePath(host, file);
  await refuseBesideKit(path);
  const text = await readSmall(path, options);
  const entries = readKeyEntries(text, { path });
  const hasSigners = entries.some(({ principals }) => principals !== undefined);
  const keys = entries.map(({ key: { keyId, sshFingerprint: fingerprint, kind } }) => ({
    keyId,
    fingerprint,
    kind,
  }));
  const ending = hasSigners ? 'allowed_signers' : 'pub';
  return { text, fileName: basename(path), ending, keys, revoked: [] };
}

async function readRevocation(
  host: Host,
  file: string,
  options: TrustAddOptions,
): Promise<ReadFile> {
  const ending = 'revoked';
  if (isFingerprint(file)) {
    const revoked = [unpadded(file)];
    return { text: `${file}\n`, fileName: nameOfId(file), ending, keys: [], revoked };
  }
  const path = resolvePath(host, file);
  const text = await readSmall(path, options);
  const revoked = [...parseRevokedKeys(text, { path })].toSorted();
  if (revoked.length > 0) return { text, fileName: basename(path), ending, keys: [], revoked };
  throw new AirkitError('KEY_INVALID', `${path}: no key to revoke is in it`, {
    context: { path },
  });
}

/** As for --trust: what travels with a kit says nothing of who made it. */
async function refuseBesideKit(path: string): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const beside = await readdir(dirname(real)).catch((): string[] => []);
  if (!beside.includes(KIT_FILES.index)) return;
  throw new AirkitError('KEY_INVALID', `${path}: a key beside a kit is not trusted`, {
    hint: 'Take the public key from its owner by another way than the kit.',
    context: { path },
  });
}

function safeName(text: string): string {
  const stem = text.replace(ENDING, '');
  if (NAME.test(stem)) return stem;
  throw new AirkitError('USAGE', `${JSON.stringify(stem)} cannot name a file of trusted keys`, {
    hint: 'Give --name NAME: letters, digits and . _ @ + - only.',
  });
}

/** `SHA256:` may be followed by slashes. */
function nameOfId(id: string): string {
  return Buffer.from(id.slice('SHA256:'.length), 'base64').toString('hex').slice(0, 16);
}

/** @returns false when the file is there already, with the same text */
async function writeOnce(path: string, text: string): Promise<boolean> {
  const old = await diskCall(path, 'read', () => readFile(path, 'utf8')).catch((error: unknown) => {
    if (error instanceof AirkitError && isErrno(error.cause, 'ENOENT')) return undefined;
    throw error;
  });
  if (old === text) return false;
  if (old === undefined) {
    await writeFileAtomically(path, Buffer.from(text));
    return true;
  }
  throw new AirkitError('OUTPUT_EXISTS', `${path} holds other keys`, {
    hint: 'Give --name NAME, or remove the old ones with airkit trust remove NAME.',
    context: { path },
  });
}
