/** Looks at what an operation left under its final name, without airkit's own code. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What is there, file by file. */
export interface Examination {
  /** sha256 by path; empty where nothing is there. Files that airkit names as unfinished are left out. */
  readonly files: Readonly<Record<string, string>>;
  /** Files under a final name that are not whole. */
  readonly broken: readonly string[];
  /** Files that an unfinished run left under other names. */
  readonly leftovers: readonly string[];
}

/** Of names that airkit gives to what is not finished. */
const UNFINISHED = /(^|\/)\.[^/]*(\.tmp|\.airkit-copy)(\/|$)|\.partial(\.lock)?(\/|$)/;

export async function examineFile(path: string): Promise<Examination> {
  const found = await stat(path).catch(() => undefined);
  return {
    files: found === undefined ? {} : { '': await sha256Of(path) },
    broken: [],
    leftovers: [],
  };
}

/** Every file of a folder. */
export async function examineFolder(folder: string): Promise<Examination> {
  const files: Record<string, string> = {};
  const leftovers: string[] = [];
  for (const path of await filesIn(folder)) {
    const name = relative(folder, path);
    if (UNFINISHED.test(name)) leftovers.push(name);
    else files[name] = await sha256Of(path);
  }
  return { files, broken: [], leftovers };
}

/** Files that are named by a digest, and have another. */
export async function examineBlobs(folder: string): Promise<string[]> {
  const { files } = await examineFolder(folder);
  const wrong = Object.entries(files).filter(
    ([name, sha256]) => /^[0-9a-f]{64}$/.test(name) && name !== sha256,
  );
  return wrong.map(([name]) => name);
}

/** An OCI layout: blobs must have the bytes that they are named by, and what index.json names must be there. */
export async function examineLayout(folder: string): Promise<Examination> {
  const found = await examineFolder(folder);
  const blobs = Object.entries(found.files).filter(([name]) => name.startsWith('blobs/'));
  const wrong = blobs.filter(([name, sha256]) => !name.endsWith(sha256)).map(([name]) => name);
  const held = new Set(blobs.map(([name]) => name.slice('blobs/sha256/'.length)));
  const wanted = await reachable(folder);
  return { ...found, broken: [...wrong, ...wanted.filter((hex) => !held.has(hex))] };
}

/** Digests (hex) of all that index.json leads to. */
async function reachable(folder: string): Promise<string[]> {
  const index = await readFile(join(folder, 'index.json'), 'utf8').catch(() => undefined);
  if (index === undefined) return [];
  const wanted: string[] = [];
  const visit = async (text: string): Promise<void> => {
    const { manifests = [], config, layers = [] }: Document = JSON.parse(text);
    for (const { digest } of [...(config === undefined ? [] : [config]), ...layers])
      wanted.push(hexOf(digest));
    for (const { digest } of manifests) {
      wanted.push(hexOf(digest));
      const path = join(folder, 'blobs', 'sha256', hexOf(digest));
      const document = await readFile(path, 'utf8').catch(() => undefined);
      if (document !== undefined) await visit(document);
    }
  };
  await visit(index);
  return wanted;
}

interface Document {
  readonly manifests?: readonly { digest: string }[];
  readonly config?: { digest: string };
  readonly layers?: readonly { digest: string }[];
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** Paths of all files below a folder; none where there is no folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
