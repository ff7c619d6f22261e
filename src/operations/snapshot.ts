import { AirkitError } from '../errors.ts';
import { openEncoder } from '../compression/encoder.ts';
import { openCache } from '../content/cache.ts';
import { measureSpace, requireSpace } from '../content/free-space.ts';
import type { ListedContainer } from '../content/container.ts';
import type { Image, ImageDescription } from '../content/image.ts';
import { countBytes, reportBytes } from '../content/count-bytes.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { singleImageArchive } from '../image-archive/single-image-archive.ts';
import { listedSnapshot, snapshotSource } from '../image-archive/snapshot-source.ts';
import type { LayerEncoding } from '../oci/media-types.ts';
import { familiarName, formatReference, type Reference } from '../oci/reference.ts';
import { nameSnapshot } from '../select/name-snapshot.ts';
import { parseSourceLocation } from '../spec/source-location.ts';
import { changeComplaint } from '../spec/text-formats.ts';
import { openContainers } from './choose-containers.ts';
import { cacheFolderOf, createdOf, resolvePath, type Host } from './host.ts';
import { requireFreeFile } from './save.ts';

export interface SnapshotOptions extends OperationOptions {
  /** The image's name, with `{name}`, `{id}` and `{date}`. */
  readonly as: string;
  /** The archive, or what takes the bytes of a pipe. Default: a file named after the image, in the working directory. */
  readonly output?: string | ((bytes: ByteStream) => Promise<void>) | undefined;
  /** `docker` (default), `podman` or `docker+ssh://[USER@]HOST`. */
  readonly from?: string | undefined;
  /** Dockerfile instructions. */
  readonly changes?: readonly string[] | undefined;
  /** Default true. */
  readonly keepConfig?: boolean | undefined;
  /** Default gzip: Docker loads zstd only since 23.0. */
  readonly layers?: LayerEncoding | undefined;
  /** Replaces a file that is there. Default false. */
  readonly force?: boolean | undefined;
}

export interface SnapshotReport {
  readonly container: { readonly id: string; readonly name: string };
  readonly reference: string;
  /** Digest of the manifest. */
  readonly digest: string;
  /** Absolute; undefined for a pipe. */
  readonly path?: string | undefined;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/**
 * Writes the file system of one container, running or not, as an image into an archive that every tool loads, and that a bundle
 * takes with `from: oci-archive:FILE`.
 *
 * @param container its name, its ID or the first digits of it
 * @throws AirkitError USAGE, NO_MATCH, REFERENCE_INVALID, OUTPUT_EXISTS, UNSUPPORTED, SOURCE_FAILED, NO_SPACE, DISK_FAILED
 */
export async function snapshot(
  host: Host,
  container: string,
  options: SnapshotOptions,
): Promise<SnapshotReport> {
  const { as, from = 'docker', changes = [], keepConfig = true, layers = 'gzip' } = options;
  requireChanges(changes);
  const created = createdOf(host);
  const location = parseSourceLocation(from, host.directory);
  const target = { cache: openCache(cacheFolderOf(host)), encoder: await openEncoder(layers) };
  const engine = await openContainers(location, host, options);
  await using source = snapshotSource({ engine, target, keepConfig, changes, created });
  const found = findContainer(container, await engine.list(options));
  const reference = nameSnapshot(found, { as, created });
  const { path, write } = await placeFor(reference, host, options);
  const listed = listedSnapshot(found, reference);
  const [description] = await source.describe([listed], options);
  await requireRoom(description, [target.cache.folder, ...(path === undefined ? [] : [path])]);
  const [image] = await source.resolve([listed], options);
  if (image === undefined) throw new Error('a container gave no snapshot');
  return {
    container: { id: found.id, name: found.name },
    reference: formatReference(reference),
    digest: image.root.digest,
    path,
    bytes: await writeArchive(image, write, options),
    warnings: description?.warnings ?? [],
  };
}

interface ArchivePlace {
  /** Absolute; undefined for a pipe. */
  readonly path?: string | undefined;
  readonly write: (bytes: ByteStream) => Promise<void>;
}

/** @throws AirkitError OUTPUT_EXISTS */
async function placeFor(
  reference: Reference,
  host: Host,
  { output = defaultFile(reference), force = false }: SnapshotOptions,
): Promise<ArchivePlace> {
  if (typeof output !== 'string') return { write: output };
  const path = resolvePath(host, output);
  await requireFreeFile(path, { force });
  return { path, write: async (bytes) => writeFileAtomically(path, bytes) };
}

/** @returns the bytes of the archive */
async function writeArchive(
  image: Image,
  output: (bytes: ByteStream) => Promise<void>,
  options: OperationOptions,
): Promise<number> {
  options.onProgress?.({ kind: 'phase', phase: 'write' });
  let written = 0;
  const counted = countBytes(await singleImageArchive(image, options), (bytes) => {
    written += bytes;
  });
  await output(reportBytes(counted, options));
  return written;
}

function requireChanges(changes: readonly string[]): void {
  for (const change of changes) {
    const complaint = changeComplaint(change);
    if (complaint !== undefined)
      throw new AirkitError('USAGE', `--change ${JSON.stringify(change)}: ${complaint.message}`, {
        hint: complaint.hint,
      });
  }
}

/** As docker finds it: a name first, else the one container whose ID begins so. */
function findContainer(text: string, offered: readonly ListedContainer[]): ListedContainer {
  const wanted = text.replace(/^\//, '');
  const named = offered.find(({ name, id }) => name === wanted || id === wanted);
  if (named !== undefined) return named;
  const begun = offered.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  const [only, ...others] = begun;
  if (only !== undefined && others.length === 0) return only;
  const names = (begun.length === 0 ? offered : begun).map(({ name }) => name);
  const some = names.length > 10 ? `${names.slice(0, 10).join(', ')}, …` : names.join(', ');
  throw new AirkitError(
    'NO_MATCH',
    begun.length === 0
      ? `there is no container ${JSON.stringify(text)}`
      : `several IDs begin with ${JSON.stringify(text)}`,
    { hint: names.length === 0 ? 'The engine has no container at all.' : `There are ${some}.` },
  );
}

/** `snapshots/web:v1` becomes `snapshots-web-v1.tar`. */
function defaultFile(reference: Reference): string {
  const { tag = 'latest' } = reference;
  return `${`${familiarName(reference)}-${tag}`.replaceAll(/[^A-Za-z0-9._-]/g, '-')}.tar`;
}

async function requireRoom(
  description: ImageDescription | undefined,
  paths: readonly string[],
): Promise<void> {
  if (description === undefined || !('estimate' in description)) return;
  const neededBytes = description.estimate.blobs.reduce((sum, { size }) => sum + size, 0);
  requireSpace(await measureSpace(paths.map((path) => ({ path, neededBytes }))));
}
