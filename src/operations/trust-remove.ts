import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import { diskCall } from '../content/file-bytes.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import type { KeyEntry } from '../signing/key-entry.ts';
import { isPem, readKeyEntries } from '../signing/public-keys.ts';
import { unpadded } from '../signing/revoked-keys.ts';
import { findTrustFiles, type TrustFile } from '../signing/trust-files.ts';
import { readSmall } from '../signing/trusted-keys.ts';
import { ownTrustFolderOf, type Host } from './host.ts';

export interface TrustRemoveOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the machine's folder instead of the person's. */
  readonly system?: boolean | undefined;
}

export interface RemovedTrust {
  /** Files that were removed, or that lost the key; absolute. */
  readonly files: readonly string[];
}

/**
 * Ends the trust in a key, wherever it stands in the folder, or in all keys of one file. A revocation is only removed by the
 * whole name of its file: who removes a key never means to trust it.
 *
 * @param what a key id, an SSH fingerprint, or a file name, of key files also without its ending
 * @throws AirkitError USAGE when nothing of the kind is there, DISK_FAILED
 */
export async function trustRemove(
  host: Host,
  what: string,
  options: TrustRemoveOptions = {},
): Promise<RemovedTrust> {
  const folder = ownTrustFolderOf(host, options);
  const files = await findTrustFiles([{ path: folder, optional: true }], options);
  const named = files.filter((file) => namesOf(file).includes(what));
  const removed: string[] = [];
  for (const { path } of named) {
    await diskCall(path, 'remove', () => rm(path));
    removed.push(path);
  }
  for (const { path } of named.length > 0 ? [] : files.filter(({ kind }) => kind === 'keys')) {
    if (await removeKey(path, what, options)) removed.push(path);
  }
  if (removed.length > 0) return { files: removed };
  throw new AirkitError(
    'USAGE',
    `${folder}: no file and no key is called ${JSON.stringify(what)}`,
    {
      hint: 'airkit trust list shows all of them; --system removes from /etc/airkit/trust.',
      context: { path: folder },
    },
  );
}

function namesOf({ path, kind }: TrustFile): string[] {
  const name = basename(path);
  return kind === 'keys' ? [name, name.replace(/\.[^.]*$/, '')] : [name];
}

/** @returns true when the file held the key */
async function removeKey(
  path: string,
  what: string,
  options: TrustRemoveOptions,
): Promise<boolean> {
  const text = await readSmall(path, options);
  const entries = entriesOf(text, path);
  const isMeant = ({ key }: KeyEntry): boolean =>
    [unpadded(key.keyId), key.sshFingerprint].includes(unpadded(what));
  if (!entries.some(isMeant)) return false;
  const rest = entries.filter((entry) => !isMeant(entry));
  if (rest.length === 0) await diskCall(path, 'remove', () => rm(path));
  else await writeFileAtomically(path, Buffer.from(without(text, entries.filter(isMeant))));
  return true;
}

/** A file that cannot be read trusts nobody. */
function entriesOf(text: string, path: string): KeyEntry[] {
  try {
    return readKeyEntries(text, { path });
  } catch (error) {
    if (isAirkitError(error)) return [];
    throw error;
  }
}

/** Of lines, all others stay as they are; of PEM, what stands between blocks goes. */
function without(text: string, entries: readonly KeyEntry[]): string {
  const gone = new Set(entries.map((entry) => entry.text));
  if (!isPem(text)) {
    const lines = text.split('\n').filter((line) => !gone.has(line.trim()));
    return lines.join('\n');
  }
  return readKeyEntries(text, { path: '' })
    .filter((entry) => !gone.has(entry.text))
    .map((entry) => entry.text)
    .join('');
}
