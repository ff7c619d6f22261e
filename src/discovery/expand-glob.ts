import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { minimatch } from 'minimatch';
import { by } from '../oci/compare.ts';
import { SKIPPED_FOLDERS } from './walk-folder.ts';

const GLOB = /[*?[\]{}]/;

export interface GlobOptions {
  /** Absolute. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Files and folders that a glob matches, absolute and sorted: `*`, `?`, `[…]`, `{a,b}` within a name, `**` across
 * folders. As in a shell, a leading dot must be written. Linked folders are not entered.
 *
 * @param glob relative to `directory`; without any sign of a glob it is given back, there or not
 */
export async function expandGlob(
  glob: string,
  { directory, signal }: GlobOptions,
): Promise<string[]> {
  const segments = glob.replaceAll('\\', '/').split('/');
  const literal = segments.findIndex((segment) => GLOB.test(segment));
  if (literal < 0) return [join(directory, glob)];
  const base = join(directory, ...segments.slice(0, literal));
  const pattern = segments.slice(literal).join('/');
  const depth = pattern.includes('**') ? Infinity : segments.length - literal;
  const found: string[] = [];
  for await (const path of pathsBelow(base, { depth, signal }))
    if (matches(path, pattern)) found.push(join(base, path));
  return found;
}

function matches(path: string, pattern: string): boolean {
  const options = { nonegate: true, nocomment: true, noext: true, platform: 'linux' } as const;
  return minimatch(path, pattern, { ...options, braceExpandMax: 256 });
}

interface Descent {
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

/** Relative paths, in the order of names. */
async function* pathsBelow(
  folder: string,
  { depth, signal }: Descent,
  start = '',
): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.toSorted(by(({ name }) => name))) {
    const path = `${start}${entry.name}`;
    yield path;
    const isEntered = entry.isDirectory() && depth > 1 && !SKIPPED_FOLDERS.has(entry.name);
    if (isEntered)
      yield* pathsBelow(join(folder, entry.name), { depth: depth - 1, signal }, `${path}/`);
  }
}
