/** What the engine tests do again and again: bundles files, kits, and what an engine holds. */
import { createHash } from 'node:crypto';
import { cp, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleIndex } from '../../../src/archive/bundle-index.ts';
import { formatFamiliar, formatReference, parseReference } from '../../../src/oci/reference.ts';
import { succeeds, type AirkitPlace } from '../../support/airkit-command.ts';
import { succeed } from '../../support/engines/command.ts';
import type { DockerEngine } from '../../support/engines/docker.ts';

/** A bundle as a bundles file writes it; JSON is YAML. */
export interface BundleText {
  readonly name: string;
  readonly images: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly layers?: 'zstd' | 'gzip' | 'none';
}

/** Writes `bundles.yaml`: each bundle goes to `dist/NAME`. */
export async function writeBundles(place: AirkitPlace, ...bundles: BundleText[]): Promise<void> {
  const file = {
    apiVersion: 'airkit.dev/v1',
    kind: 'Bundles',
    bundles: bundles.map(({ name, images, layers = 'zstd' }) => ({
      name,
      version: '1.0',
      images,
      output: { path: `dist/${name}`, layers },
    })),
  };
  await writeFile(place.path('bundles.yaml'), JSON.stringify(file, undefined, 2));
}

/** Packs the bundles file of a place. @returns sha256 of the archives */
export async function pack(place: AirkitPlace, ...flags: string[]): Promise<string[]> {
  const { kits } = (await succeeds(place.airkit('pack', '--json', ...flags))).json();
  return kits.map(({ archive }) => archive.sha256);
}

export async function readIndex(kit: string): Promise<BundleIndex> {
  const index: BundleIndex = JSON.parse(await readFile(join(kit, 'bundle.json'), 'utf8'));
  return index;
}

/** The image ID (config digest of the first manifest) of every image of a kit, by canonical name. */
export async function imageIds(kit: string): Promise<Record<string, string>> {
  const { images } = await readIndex(kit);
  const ids = images.map(({ reference, manifests }) => [
    reference,
    manifests[0]?.config.digest ?? '',
  ]);
  return Object.fromEntries(ids);
}

/** The root digest of every image of a kit, by canonical name. */
export async function rootDigests(kit: string): Promise<Record<string, string>> {
  const { images } = await readIndex(kit);
  return Object.fromEntries(images.map(({ reference, root }) => [reference, root.digest]));
}

/** The image ID of every name that an engine has, by canonical name. */
export async function idsIn(engine: DockerEngine): Promise<Record<string, string>> {
  const format = '{{.Repository}}:{{.Tag}} {{.ID}}';
  const listed = await succeed(engine.docker('images', '--no-trunc', '--format', format));
  const lines = listed.split('\n').filter((line) => line !== '' && !line.includes('<none>'));
  return Object.fromEntries(
    lines.toSorted().map((line) => {
      const [name = '', id = ''] = line.split(' ');
      return [canonical(name), id];
    }),
  );
}

/** `redis:7` as airkit names it in kits: `docker.io/library/redis:7`. */
export function canonical(name: string): string {
  return formatReference(parseReference(name));
}

/** `docker.io/library/redis:7` as docker names it: `redis:7`. */
export function familiar(name: string): string {
  return formatFamiliar(parseReference(name));
}

/** The members of a record whose key is in the list. */
export function pick(
  all: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, all[name] ?? 'missing']));
}

/** Paths of all files below a folder, sorted; none when there is no folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

/** Whether something has that path. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Inverts one byte of a file. */
export async function flipByte(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offset);
    byte[0] = (byte[0] ?? 0) ^ 0xff;
    await file.write(byte, 0, 1, offset);
  } finally {
    await file.close();
  }
}

/** A copy of a kit with one byte of the last layer in its archive inverted. @returns its folder */
export async function damagedCopy(kit: string): Promise<string> {
  const copy = `${kit}-damaged`;
  await cp(kit, copy, { recursive: true });
  const { images, members } = await readIndex(kit);
  const layers = new Set<string>(
    images.flatMap(({ manifests }) =>
      manifests.flatMap(({ layers: own }) => own.map(({ descriptor }) => descriptor.digest)),
    ),
  );
  const last = members.findLast(({ sha256 }) => layers.has(`sha256:${sha256}`));
  if (last === undefined) throw new Error('the kit has no layer');
  const { size: indexSize } = await stat(join(copy, 'bundle.json'));
  const start = 512 + Math.ceil(indexSize / 512) * 512;
  await flipByte(join(copy, 'bundle.tar'), start + last.offset + Math.floor(last.size / 2));
  return copy;
}

/** Uncompressed sizes of the distinct layers of a kit whose users (canonical names) are wanted. */
export async function flatSizes(
  kit: string,
  isWanted: (users: readonly string[]) => boolean,
): Promise<number[]> {
  const { images } = await readIndex(kit);
  const layers = new Map<string, { size: number; users: string[] }>();
  for (const { reference, manifests } of images) {
    for (const { descriptor, uncompressedSize = 0 } of manifests.flatMap((one) => one.layers)) {
      const known = layers.get(descriptor.digest) ?? { size: uncompressedSize, users: [] };
      known.users.push(reference);
      layers.set(descriptor.digest, known);
    }
  }
  return [...layers.values()].filter(({ users }) => isWanted(users)).map(({ size }) => size);
}
