/** File systems of a size of their own, mounted on a folder; `unmountBelow` takes them away. */
import { mkdir, open } from 'node:fs/promises';
import { hasFileSystem } from './availability.ts';
import { run, succeed } from './command.ts';

export type DiskKind = 'tmpfs' | 'ext4' | 'fat32';

/** Makes a file system and mounts it on a new folder; what backs it lies beside the folder. */
export async function mountDisk(
  point: string,
  { kind, mebibytes }: { readonly kind: DiskKind; readonly mebibytes: number },
): Promise<void> {
  await mkdir(point, { recursive: true });
  if (kind === 'tmpfs') {
    await command('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', point);
    return;
  }
  const image = `${point}.img`;
  const file = await open(image, 'w');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
  await (kind === 'ext4'
    ? command('mkfs.ext4', '-q', '-m', '0', image)
    : command('mkfs.fat', '-F', '32', image));
  await mountImage(point, kind, 'rw');
}

/** As a medium that was written elsewhere and is only read here. */
export async function mountReadOnly(point: string, kind: DiskKind): Promise<void> {
  if (kind === 'tmpfs') {
    await command('mount', '-o', 'remount,ro', point);
    return;
  }
  await command('umount', point);
  await mountImage(point, kind, 'ro');
}

async function mountImage(point: string, kind: DiskKind, mode: 'ro' | 'rw'): Promise<void> {
  const image = `${point}.img`;
  if (kind === 'ext4' || hasFileSystem('vfat')) {
    await command('mount', '-o', `loop,${mode}`, image, point);
    return;
  }
  const flags = mode === 'rw' ? ['-o', 'rw+'] : ['-o', 'ro'];
  await command('fusefat', ...flags, image, point);
}

async function command(file: string, ...args: string[]): Promise<void> {
  await succeed(run({ file, args }));
}
