import { realpath, rm, stat, statfs } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AirkitError } from '../errors.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { unfinishedName } from '../content/copy-file.ts';
import { makeFolder } from '../content/write-file.ts';
import { diskCall } from '../content/file-bytes.ts';
import type { KitFile } from './kit-files.ts';
import { readSmall } from './open-kit.ts';
import type { Medium } from './plan-media.ts';

/** statfs(2): FAT of any size. Its files end at 4 GiB - 1 byte. */
const MSDOS_SUPER_MAGIC = 0x4d_44;
const FAT_MAX_FILE_BYTES = 2 ** 32 - 1;

export interface CopiedKit {
  /** The kit folder. */
  readonly folder: string;
  /** Bytes of SHA256SUMS. */
  readonly sums: Uint8Array;
  readonly files: readonly KitFile[];
}

/**
 * Looks at the folders that a kit is to be copied into; those that are not there are made. What an interrupted copy left
 * half is removed.
 *
 * @throws AirkitError USAGE for the kit's own folder or one named twice, OUTPUT_EXISTS where another kit is,
 * DISK_FAILED
 */
export async function openMedia(paths: readonly string[], kit: CopiedKit): Promise<Medium[]> {
  const media: Medium[] = [];
  const seen = new Set([await realpath(kit.folder)]);
  for (const path of paths) {
    await makeFolder(path);
    const real = await realpath(path);
    if (seen.has(real) || real.startsWith(`${await realpath(kit.folder)}${sep}`)) {
      throw new AirkitError(
        'USAGE',
        `${path}: a kit is not copied into itself, nor twice into a folder`,
        {
          hint: 'Name one folder on each medium.',
          context: { path },
        },
      );
    }
    seen.add(real);
    await refuseOtherKit(path, kit.sums);
    media.push(await lookAt(path, kit.files));
  }
  return media;
}

async function refuseOtherKit(path: string, sums: Uint8Array): Promise<void> {
  const found = await readSmall(join(path, KIT_FILES.sums)).catch(() => undefined);
  if (found === undefined || Buffer.compare(found, sums) === 0) return;
  throw new AirkitError('OUTPUT_EXISTS', `${path} holds another kit`, {
    hint: 'Remove it, or choose another folder on that medium.',
    context: { path },
  });
}

async function lookAt(path: string, files: readonly KitFile[]): Promise<Medium> {
  const present = new Map<string, number>();
  for (const { name } of files) {
    const file = join(path, name);
    await diskCall(file, 'clear', () => rm(unfinishedName(file), { force: true }));
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() === true) present.set(name, found.size);
  }
  const { type, blocks, bavail, bsize } = await diskCall(path, 'look at', () => statfs(path));
  const { dev: device } = await diskCall(path, 'look at', () => stat(path));
  const maxFileBytes = type === MSDOS_SUPER_MAGIC ? FAT_MAX_FILE_BYTES : undefined;
  // Some file systems in user space do not say how large they are: there it shows when it is full.
  const freeBytes = blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  return { path, device, freeBytes, blockBytes: bsize, maxFileBytes, present };
}
