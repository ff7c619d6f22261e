import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskCall, writeHandle } from './file-bytes.ts';
import type { ByteStream } from './operation.ts';

export interface WriteFileOptions {
  /** Waits until the disk has the bytes before the file gets its name. Default true. */
  readonly sync?: boolean | undefined;
  /** Permission bits. Default 0o644. */
  readonly mode?: number | undefined;
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
  { sync = true, mode = 0o644 }: WriteFileOptions = {},
): Promise<void> {
  const folder = dirname(path);
  await diskCall(folder, 'make the folder', () => mkdir(folder, { recursive: true }));
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
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A name beside `path` that no other process uses. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

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
