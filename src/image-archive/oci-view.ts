import type { ContentReader } from '../content/content.ts';
import { bytesLocation, mappedReader, type BlobLocation } from '../content/mapped-reader.ts';
import type { Cache } from '../content/cache.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { readTar } from '../tar/read-tar.ts';
import { openArchiveTar, type ArchiveFiles } from './archive-files.ts';

const BLOB_PREFIX = 'blobs/sha256/';

/** The digest that a blob's path states; undefined for other files. */
export function digestOfPath(name: string): Digest | undefined {
  const digest = `sha256:${name.slice(BLOB_PREFIX.length)}`;
  return name.startsWith(BLOB_PREFIX) && isDigest(digest) ? digest : undefined;
}

/**
 * A reader over the blobs of an OCI layout in an archive. A plain tar is read in place. Of a compressed one only the
 * documents are at hand; its layers are known by size, or come from `layers` after {@link takeBlobs}.
 */
export async function readerOfArchive(
  files: ArchiveFiles,
  layers?: ContentReader,
): Promise<ContentReader> {
  const places = new Map<Digest, BlobLocation>();
  for (const name of files.names) {
    const digest = digestOfPath(name);
    if (digest === undefined) continue;
    const place = files.locate(name) ?? (await documentPlace(files, name));
    if (place !== undefined) places.set(digest, place);
    else
      places.set(
        digest,
        layers === undefined ? knownBySize(files, name) : takenLayer(files, name, layers),
      );
  }
  return mappedReader(places, { where: files.path });
}

/**
 * Copies the layers of some roots from a compressed archive into the cache, as far as it lacks them.
 *
 * @throws AirkitError DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FAILED, NO_SPACE
 */
export async function takeBlobs(
  files: ArchiveFiles,
  { roots, cache }: { readonly roots: readonly Descriptor[]; readonly cache: Cache },
  options: OperationOptions = {},
): Promise<void> {
  const documents = await readerOfArchive(files);
  const wanted = new Map<Digest, Descriptor>();
  for (const root of roots) {
    const { manifests } = await readImageGraph(root, documents, options);
    for (const { descriptor } of manifests.flatMap(({ layers }) => layers))
      wanted.set(descriptor.digest, descriptor);
  }
  for (const descriptor of wanted.values()) {
    if (await cache.has(descriptor)) wanted.delete(descriptor.digest);
  }
  if (wanted.size === 0) return;
  const cursor = openArchiveTar(files.path, options);
  try {
    for await (const entry of readTar(cursor)) {
      const digest = digestOfPath(entry.name);
      const target = digest === undefined ? undefined : wanted.get(digest);
      if (target !== undefined) await cache.push(target, entry.body(), options);
    }
  } finally {
    await cursor[Symbol.asyncDispose]();
  }
}

async function documentPlace(files: ArchiveFiles, name: string): Promise<BlobLocation | undefined> {
  const bytes = await files.document(name);
  return bytes === undefined ? undefined : bytesLocation(bytes);
}

/** A layer of a compressed archive that {@link takeBlobs} put into the cache: held because the archive lists it. */
function takenLayer(files: ArchiveFiles, name: string, layers: ContentReader): BlobLocation {
  const size = files.size(name) ?? 0;
  const digest = digestOfPath(name);
  if (digest === undefined) throw new Error(`${name} is no blob`);
  return { size, open: (options) => layers.fetch({ mediaType: '', digest, size }, options) };
}

function knownBySize(files: ArchiveFiles, name: string): BlobLocation {
  return {
    size: files.size(name) ?? 0,
    open: () => {
      throw new Error(`${files.path}: ${name} was not taken out of the compressed archive`);
    },
  };
}
