import { basename } from 'node:path';
import { AirkitError, isAirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseDockerManifest, type DockerManifestItem } from '../oci/docker-manifest.ts';
import { parseManifests } from '../oci/image-manifest.ts';
import { CONTAINERD_NAME, CONTAINERD_SUBJECT, REF_NAME } from '../oci/layout-documents.ts';
import { parseJsonObject } from '../oci/json.ts';
import {
  formatReference,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../oci/reference.ts';
import { isReferrerTag } from '../oci/referrer.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { IMAGE_WRITERS, isRootfs, kindOf, topName } from './recognise-archive.ts';

/** What an archive says an image is: a descriptor of its own, or a config and layers without a manifest. */
export type ArchivedImage =
  | {
      readonly view: 'oci';
      readonly reference: Reference;
      readonly root: Descriptor;
      /** What manifest.json says of the same name. */
      readonly items?: readonly DockerManifestItem[];
    }
  | {
      readonly view: 'docker';
      readonly reference: Reference;
      readonly item: DockerManifestItem;
      /** What index.json says of the same name. */
      readonly root?: Descriptor | undefined;
    };

export interface ArchiveListing {
  readonly images: readonly ArchivedImage[];
  /** Why some images cannot be offered. */
  readonly skipped: readonly string[];
}

const MAX_INDEX_BYTES = 20 * 1024 * 1024;

/**
 * Images of an archive that `docker save`, `podman save`, kaniko, crane or airkit wrote. Where the archive is an OCI
 * layout as well, the layout's word is taken, so that digests survive; but not of classic Docker stores, which since
 * 25.0 make up a manifest over uncompressed layers.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, CONTENT_INVALID
 */
export async function listDockerArchive(files: ArchiveFiles): Promise<ArchiveListing> {
  requireNoRootfs(files);
  const bytes = await files.document('manifest.json');
  if (bytes === undefined) throw notThat(files, 'manifest.json');
  const items = parseDockerManifest(bytes, `${files.path}: manifest.json`);
  const layout =
    files.resolve('index.json') === undefined ? emptyListing() : await listOciArchive(files);
  const byName = new Map(layout.images.map((image) => [formatReference(image.reference), image]));
  const images: ArchivedImage[] = [];
  const skipped: string[] = [];
  for (const item of items) {
    if (item.repoTags.length === 0) skipped.push(`${files.path}: ${item.config} has no name`);
    for (const repoTag of item.repoTags) {
      const reference = readRepoTag(repoTag);
      if (reference === undefined) {
        skipped.push(`${files.path}: ${JSON.stringify(repoTag)} is no image name with a tag`);
        continue;
      }
      const known = byName.get(formatReference(reference));
      if (known !== undefined && !item.uncompressedSources) images.push(known);
      else images.push({ view: 'docker', reference, item, root: known?.root });
    }
  }
  return { images, skipped };
}

function readRepoTag(text: string): Reference | undefined {
  const reference = readName(text);
  return reference?.digest === undefined ? reference : undefined;
}

/**
 * Images of an archive that is an OCI layout in a tar.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, CONTENT_INVALID
 */
export async function listOciArchive(files: ArchiveFiles): Promise<ArchiveListing> {
  requireNoRootfs(files);
  const bytes = await files.document('index.json');
  if (bytes === undefined || files.resolve('oci-layout') === undefined)
    throw notThat(files, 'index.json');
  const listing = listIndex(bytes, { where: files.path, baseName: baseNameOf(files.path) });
  const table = await files.document('manifest.json');
  if (table === undefined) return listing;
  const items = itemsByName(parseDockerManifest(table, `${files.path}: manifest.json`));
  const images = listing.images.map((image) =>
    image.view === 'docker'
      ? image
      : { ...image, items: items.get(formatReference(image.reference)) ?? [] },
  );
  return { ...listing, images };
}

function itemsByName(items: readonly DockerManifestItem[]): Map<string, DockerManifestItem[]> {
  const found = new Map<string, DockerManifestItem[]>();
  for (const item of items) {
    for (const reference of item.repoTags.flatMap((tag) => readRepoTag(tag) ?? [])) {
      const name = formatReference(reference);
      found.set(name, [...(found.get(name) ?? []), item]);
    }
  }
  return found;
}

/**
 * Names in the index.json of an OCI layout. containerd's annotation holds the full name; OCI's own may hold only a
 * tag, which then belongs to `baseName`, as in containers-transports(5) `oci:PATH:TAG`.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function listIndex(
  bytes: Uint8Array,
  { where, baseName }: { readonly where: string; readonly baseName: string },
): ArchiveListing {
  const at = `${where}: index.json`;
  const manifests = parseManifests(
    parseJsonObject(bytes, { where: at, maxBytes: MAX_INDEX_BYTES }),
    at,
  );
  const images: ArchivedImage[] = [];
  const skipped: string[] = [];
  for (const root of manifests) {
    const annotations = root.annotations ?? {};
    if (CONTAINERD_SUBJECT in annotations || isReferrerTag(annotations[REF_NAME] ?? '')) continue;
    const name = annotations[CONTAINERD_NAME] ?? annotations[REF_NAME];
    const named = name === undefined ? undefined : readLayoutName(name, baseName);
    const reference = named === undefined ? undefined : ownName(named, root);
    if (reference !== undefined) images.push({ view: 'oci', reference, root });
    else skipped.push(`${where}: ${root.digest} ${whyNameless(name, named !== undefined)}`);
  }
  return { images, skipped };
}

/** The archive's file name without what tells its format. */
function baseNameOf(path: string): string {
  return basename(path)
    .replace(/\.(?:tar|tgz|tbz2?|txz|tzst|oci)(?:\.[a-z0-9]+)?$/, '')
    .toLowerCase();
}

/** A digest in a name must be the root's own. Beside a tag it says nothing more, and engines take no such name. */
function ownName(reference: Reference, root: Descriptor): Reference | undefined {
  const { digest, ...named } = reference;
  if (digest === undefined) return reference;
  if (digest !== root.digest) return undefined;
  return named.tag === undefined ? reference : named;
}

function whyNameless(name: string | undefined, isName: boolean): string {
  if (name === undefined) return 'has no image name';
  return `is called ${JSON.stringify(name)}, which is ${isName ? 'the name of another digest' : 'no image name'}`;
}

function readLayoutName(name: string, baseName: string): Reference | undefined {
  const isTag = !/[/:@]/.test(name);
  if (isTag) return readName(`${baseName}:${name}`);
  return readName(name);
}

function readName(text: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    if (isAirkitError(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}

function emptyListing(): ArchiveListing {
  return { images: [], skipped: [] };
}

/** A root file system may hold a manifest.json of its own. @throws AirkitError ARCHIVE_MALFORMED */
export function requireNoRootfs({ names, path }: ArchiveFiles): void {
  if (kindOf(new Set(names.map(topName))) === 'rootfs') throw isRootfs(path);
}

function notThat(files: ArchiveFiles, missing: string): AirkitError {
  const has = (name: string): boolean => files.resolve(name) !== undefined;
  let hint = IMAGE_WRITERS;
  if (has('manifest.json')) hint = 'It is a Docker archive: read it with docker-archive:FILE.';
  else if (has('index.json')) hint = 'It is an OCI layout in a tar: read it with oci-archive:FILE.';
  else if (has('repositories'))
    hint = 'It is in the format of Docker before 1.10: load and save it with a current Docker.';
  return new AirkitError(
    'ARCHIVE_MALFORMED',
    `${files.path}: it holds no ${missing}, so it is not that kind of image archive`,
    {
      hint,
      context: { path: files.path },
    },
  );
}
