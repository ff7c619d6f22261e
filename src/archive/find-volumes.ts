import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskCall } from '../content/file-bytes.ts';
import { parseVolumeName } from './volumes.ts';

/** A file with the name of a volume. */
export interface VolumeFile {
  readonly number: number;
  readonly path: string;
  readonly size: number;
}

/**
 * Files with names of volumes, by folder in the order given, then by number. Nothing says yet that they belong together.
 *
 * @throws AirkitError DISK_FAILED for a folder that cannot be read
 */
export async function findVolumes(folders: readonly string[]): Promise<VolumeFile[]> {
  const found: VolumeFile[] = [];
  for (const folder of new Set(folders)) {
    const names = await diskCall(folder, 'list', () => readdir(folder));
    for (const name of names.toSorted()) {
      const number = parseVolumeName(name);
      if (number === undefined) continue;
      const path = join(folder, name);
      const file = await diskCall(path, 'look at', () => stat(path));
      if (file.isFile()) found.push({ number, path, size: file.size });
    }
  }
  return found;
}
