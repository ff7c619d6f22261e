import { stat, statfs } from 'node:fs/promises';
import { AirkitError } from '../errors.ts';
import { diskCall, nearestExisting } from './file-bytes.ts';

/** Room on the file system that a path is, or will be, on. */
export interface FreeSpace {
  readonly path: string;
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
  /** Bytes that the operation may write there. */
  readonly neededBytes: number;
  /** The same with what it writes at other places on the same file system. */
  readonly neededOnFileSystem: number;
}

/**
 * Asks for the room at some paths, which need not exist yet. Needs on one file system add up.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function measureSpace(
  needs: readonly { readonly path: string; readonly neededBytes: number }[],
): Promise<FreeSpace[]> {
  const asked = await Promise.all(
    needs.map(async (need) => ({ ...need, ...(await fileSystemOf(need.path)) })),
  );
  return asked.map(({ path, device, freeBytes, neededBytes }) => ({
    path,
    freeBytes,
    neededBytes,
    neededOnFileSystem: asked
      .filter((one) => one.device === device)
      .reduce((sum, one) => sum + one.neededBytes, 0),
  }));
}

/** True when there is less room than is needed. */
export function lacksRoom({ freeBytes, neededOnFileSystem }: FreeSpace): boolean {
  return freeBytes < neededOnFileSystem;
}

const PACK_HINT = 'Free some space there, or choose another place (output.path, XDG_CACHE_HOME).';

/** @throws AirkitError NO_SPACE naming the first place that lacks room. */
export function requireSpace(spaces: readonly FreeSpace[], hint: string = PACK_HINT): void {
  const short = spaces.find(lacksRoom);
  if (short === undefined) return;
  throw new AirkitError(
    'NO_SPACE',
    `${short.path}: ${short.neededOnFileSystem} bytes are needed, ${short.freeBytes} are free`,
    {
      hint,
      context: {
        path: short.path,
        neededBytes: short.neededOnFileSystem,
        freeBytes: short.freeBytes,
      },
    },
  );
}

async function fileSystemOf(path: string): Promise<{ device: number; freeBytes: number }> {
  const existing = await nearestExisting(path);
  const { bavail, bsize } = await diskCall(existing, 'look at', () => statfs(existing));
  const { dev } = await diskCall(existing, 'look at', () => stat(existing));
  return { device: dev, freeBytes: bavail * bsize };
}
