import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AirkitError } from '../errors.ts';
import { LOADER_NAME } from '../archive/kit-folder.ts';
import { loaderFile } from '../archive/loader-file.ts';
import type { FileSum } from '../archive/sums.ts';
import { sumFile } from '../archive/sums.ts';
import { readFileRange } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { resolvePath, type Host } from './host.ts';

/** A single-file airkit that goes into a kit. */
export interface KitLoader {
  /** Its name in the kit: `airkit-linux-x64`. */
  readonly name: string;
  /** Where it is now, absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

const PLATFORM = /^[a-z0-9]+-[a-z0-9]+$/;

/**
 * Finds executables for a kit.
 *
 * @param wanted platforms that were built (`linux-x64`), or paths of files called `airkit-…`
 * @throws AirkitError USAGE for one that is not there, has another name, or is named twice
 */
export async function findLoaders(host: Host, wanted: readonly string[]): Promise<KitLoader[]> {
  const loaders = await Promise.all(wanted.map(async (one) => findLoader(host, one)));
  const names = loaders.map(({ name }) => name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice === undefined) return loaders;
  throw new AirkitError('USAGE', `two loaders are called ${twice}`, {
    hint: 'Rename one: the name is the one in the kit.',
  });
}

async function findLoader(host: Host, wanted: string): Promise<KitLoader> {
  const isPlatform = PLATFORM.test(wanted) && !wanted.startsWith('airkit-');
  const path = isPlatform ? loaderFile(wanted) : resolvePath(host, wanted);
  const name = basename(path);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true && LOADER_NAME.test(name)) return { name, path, size: found.size };
  const why = found?.isFile() === true ? 'its name does not begin with airkit-' : 'no such file';
  throw new AirkitError('USAGE', `--with-loader ${wanted}: ${path}: ${why}`, {
    hint: isPlatform
      ? `Make it with "npm run build:loader -- ${wanted}" in a clone of airkit, or name a path.`
      : 'Name a platform such as linux-x64, or a single-file airkit called airkit-linux-x64.',
    context: { path },
  });
}

/**
 * Copies executables into a kit folder.
 *
 * @returns their sums, as read back
 * @throws AirkitError DISK_FAILED, NO_SPACE
 */
export async function copyLoaders(
  folder: string,
  loaders: readonly KitLoader[],
  options: OperationOptions = {},
): Promise<FileSum[]> {
  const sums: FileSum[] = [];
  for (const { name, path } of loaders) {
    const copy = join(folder, name);
    await writeFileAtomically(copy, readFileRange({ path }, options), { mode: 0o755 });
    sums.push({ name, sha256: await sumFile(copy, { signal: options.signal }) });
  }
  return sums;
}
