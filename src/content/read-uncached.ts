import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, statfs, type FileHandle } from 'node:fs/promises';
import { diskCall, isErrno } from './file-bytes.ts';
import type { OperationOptions } from './operation.ts';

/** The part of WebAssembly that is needed here; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
};

/** statfs(2). A file system in user space reads its medium through a cache of its own. */
const FUSE_SUPER_MAGIC = 0x65_73_55_46;

/** WebAssembly counts memory in pages of 64 KiB. */
const PAGES = 16;

/**
 * The sha256 of a file as its medium has it, past the page cache (O_DIRECT, open(2)); undefined where the file system
 * does not take that.
 *
 * @returns 64 hex digits
 * @throws AirkitError DISK_FAILED
 */
export async function sumUncached(
  path: string,
  options: OperationOptions = {},
): Promise<string | undefined> {
  const file = await openDirect(path);
  if (file === undefined) return undefined;
  try {
    return await sumDirect(file, path, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isRefusal(error)) return undefined;
    return await diskCall(path, 'read back', async () => Promise.reject(error));
  } finally {
    await file.close();
  }
}

/** Not every system knows the flag, not every file system takes it. */
async function openDirect(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_DIRECT } = constants;
  if (O_DIRECT === undefined) return undefined;
  const { type } = await diskCall(path, 'look at', () => statfs(path));
  if (type === FUSE_SUPER_MAGIC) return undefined;
  return diskCall(path, 'open', async () =>
    open(path, O_RDONLY | O_DIRECT).catch((error: unknown) => {
      if (isRefusal(error)) return undefined;
      throw error;
    }),
  );
}

function isRefusal(error: unknown): boolean {
  return ['EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS'].some((code) => isErrno(error, code));
}

async function sumDirect(
  file: FileHandle,
  path: string,
  { signal }: OperationOptions,
): Promise<string> {
  // The kernel wants memory aligned as the medium's blocks are; WebAssembly's memory begins at a page.
  const buffer = Buffer.from(new WebAssembly.Memory({ initial: PAGES, maximum: PAGES }).buffer);
  const hash = createHash('sha256');
  let position = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    if (bytesRead < buffer.byteLength) break;
  }
  const { size } = await diskCall(path, 'look at', () => file.stat());
  // A short read in the middle leaves a place from which nothing can be read so.
  if (position !== size) throw Object.assign(new Error('a short read'), { code: 'EINVAL' });
  return hash.digest('hex');
}
