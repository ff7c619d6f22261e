import { AirkitError } from '../../errors.ts';
import type { ContentReader } from '../../content/content.ts';
import { missingBlob, wrongSize } from '../../content/blob-folder.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { MAX_DOCUMENT_BYTES, readDocument as readWhole } from '../../content/read-document.ts';
import { verifyBytes } from '../../content/verify-bytes.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { successors } from '../../oci/image-manifest.ts';
import {
  isForeignLayerType,
  isImageConfigType,
  isIndexType,
  isManifestType,
} from '../../oci/media-types.ts';
import { sizeOfBlob } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { fetchManifest, resolveManifest } from './manifests.ts';
import { readBlob, readSmallBlob } from './read-blob.ts';

/** Documents are asked for several times while a bundle is planned and packed; so many bytes are kept in all. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

interface Repository {
  readonly client: RegistryClient;
  readonly repository: string;
  /** Documents that have been read and verified. */
  readonly kept: Map<Digest, Uint8Array>;
  keptBytes: number;
  /** Content elsewhere. */
  readonly known: ContentReader | undefined;
  /** Sizes of the blobs that manifests which have been read name, without those that registries need not carry. */
  readonly named: Map<Digest, number>;
}

/**
 * The content of a repository. Layers of a manifest that has been read are taken to be there: registries refuse
 * manifests whose layers they lack. Foreign layers are not.
 *
 * @param known content that is at hand elsewhere: a document in it is not downloaded. That the repository has it is
 * still asked, so that the images look the same with and without.
 */
export function openImageReader(
  client: RegistryClient,
  repository: string,
  known?: ContentReader,
): ContentReader {
  const opened: Repository = {
    client,
    repository,
    kept: new Map(),
    keptBytes: 0,
    known,
    named: new Map(),
  };
  return {
    fetch: (target, options = {}) => fetchContent(opened, target, options),
    has: async (target, options = {}) => hasContent(opened, target, options),
  };
}

async function hasContent(
  opened: Repository,
  target: Descriptor,
  options: OperationOptions,
): Promise<boolean> {
  if (isForeignLayerType(target.mediaType)) return false;
  const size = await sizeOf(opened, target, options);
  if (size === undefined) return false;
  if (size !== target.size) throw wrongSize(target, size, placeOf(opened));
  return true;
}

async function sizeOf(
  opened: Repository,
  target: Descriptor,
  options: OperationOptions,
): Promise<number | undefined> {
  if (isManifestType(target.mediaType) || isIndexType(target.mediaType))
    return (await readDocument(opened, target, options))?.byteLength;
  return opened.named.get(target.digest) ?? sizeOfBlob({ ...opened, target }, options);
}

async function* fetchContent(
  opened: Repository,
  target: Descriptor,
  options: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const bytes = isDocument(target) ? await readDocument(opened, target, options) : undefined;
  if (bytes !== undefined) yield* verifyBytes(target, once(bytes));
  else if (isDocument(target)) throw missingBlob(target, placeOf(opened));
  else yield* readBlob({ ...opened, target }, options);
}

function isDocument({ mediaType, size }: Descriptor): boolean {
  if (isManifestType(mediaType) || isIndexType(mediaType)) return true;
  return isImageConfigType(mediaType) && size <= MAX_DOCUMENT_BYTES;
}

/** A manifest, index or config, from memory when it has been read before; undefined when there is none. */
async function readDocument(
  opened: Repository,
  target: Descriptor,
  options: OperationOptions,
): Promise<Uint8Array | undefined> {
  options.signal?.throwIfAborted();
  const kept = opened.kept.get(target.digest);
  if (kept !== undefined) return kept;
  const known = await readKnown(opened, target, options);
  if (isImageConfigType(target.mediaType))
    return keep(opened, target, known ?? (await readSmallBlob({ ...opened, target }, options)));
  const { client, repository } = opened;
  const name = { client, repository, reference: target.digest };
  if (known !== undefined) {
    if ((await resolveManifest(name, options)) === undefined) return undefined;
    learnNames(opened, target, known);
    return keep(opened, target, known);
  }
  const fetched = await fetchManifest(name, options);
  if (fetched === undefined) return undefined;
  if (fetched.bytes.byteLength === target.size) learnNames(opened, target, fetched.bytes);
  return keep(opened, target, fetched.bytes);
}

/** A document of the content elsewhere; a damaged one is as good as none. */
async function readKnown(
  { known }: Repository,
  target: Descriptor,
  options: OperationOptions,
): Promise<Uint8Array | undefined> {
  try {
    if (known === undefined || !(await known.has(target, options))) return undefined;
    return await readWhole(known, target, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof AirkitError) return undefined;
    throw error;
  }
}

function keep(opened: Repository, { digest }: Descriptor, bytes: Uint8Array): Uint8Array {
  if (opened.keptBytes + bytes.byteLength <= MAX_KEPT_BYTES && !opened.kept.has(digest)) {
    opened.kept.set(digest, bytes);
    opened.keptBytes += bytes.byteLength;
  }
  return bytes;
}

function learnNames({ named }: Repository, target: Descriptor, bytes: Uint8Array): void {
  if (!isManifestType(target.mediaType)) return;
  for (const { digest, size, mediaType } of successors(target, bytes))
    if (!isForeignLayerType(mediaType)) named.set(digest, size);
}

async function* once(bytes: Uint8Array): ByteStream & AsyncGenerator<Uint8Array, void> {
  if (bytes.byteLength > 0) yield bytes;
}

function placeOf({ client, repository }: Repository): string {
  return `${client.host}/${repository}`;
}
