import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { diskCall, isErrno, nearestExisting, writeHandle } from './file-bytes.ts';
import type { ByteStream } from './operation.ts';
import { mayBeAlive, ownIdentity } from './process-identity.ts';

export interface WriteFileOptions {
  /** Waits until the disk has the bytes before the file gets its name. Default true. */
  readonly sync?: boolean | undefined;
  /** Permission bits. Default 0o644. */
  readonly mode?: number | undefined;
  /** Removes what an interrupted run left of the same file; looks through the whole folder. Default true. */
  readonly tidies?: boolean | undefined;
}

/**
 * Writes a file so that it appears complete under its name or not at all: temporary name, sync, rename. Missing
 * folders are made.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE; whatever `bytes` throws
 */
export async function writeFileAtomically(
  path: string,
  bytes: ByteStream | Uint8Array,
  { sync = true, mode = 0o644, tidies = true }: WriteFileOptions = {},
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = temporaryName(path);
  try {
    const file = await diskCall(temporary, 'create', () => open(temporary, 'wx', mode));
    try {
      await writeHandle(file, bytes instanceof Uint8Array ? single(bytes) : bytes, {
        path: temporary,
      });
      if (sync) await diskCall(temporary, 'sync', () => file.sync());
    } finally {
      await file.close();
    }
    await diskCall(path, 'rename', () => rename(temporary, path));
    if (tidies) await removeAbandoned(folder, basename(path));
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
}

/** Makes a folder and those above it, where they are not there. @throws AirkitError DISK_FAILED, NO_SPACE */
export async function makeFolder(path: string): Promise<void> {
  await diskCall(path, 'make the folder', async () => {
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      // Node says so whatever the reason is, a full disk too: the first folder that is missing tells it.
      const existing = await nearestExisting(path);
      await mkdir(join(existing, relative(existing, path).split(sep)[0] ?? ''));
      await mkdir(path, { recursive: true });
    }
  });
}

/** A name beside `path` that no other process uses; it tells whose it is. */
export function temporaryName(path: string): string {
  const unique = randomBytes(6).toString('hex');
  return join(dirname(path), `.${basename(path)}.${ownIdentity()}.${unique}.tmp`);
}

/** Removes a temporary file after a failure; that it cannot be removed must not hide the failure. */
export async function removeTemporary(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/**
 * Removes what processes that are gone have left in a folder under {@link temporaryName}s.
 *
 * @param base of those for this name only
 */
export async function removeAbandoned(folder: string, base?: string): Promise<void> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, of, identity = ''] = TEMPORARY_NAME.exec(name) ?? [];
    if (of === undefined || (base !== undefined && of !== base)) continue;
    if (!(await mayBeAlive(identity))) await removeTemporary(join(folder, name));
  }
}

const TEMPORARY_NAME = /^\.(.+)\.(\d+-\d+)\.[0-9a-f]{12}\.tmp$/;

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await diskCall(path, 'open', () => open(path, 'r'));
  try {
    await diskCall(path, 'sync', () => folder.sync());
  } finally {
    await folder.close();
  }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  if (bytes.byteLength > 0) yield bytes;
}
