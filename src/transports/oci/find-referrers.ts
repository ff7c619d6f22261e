import type { ContentReader } from '../../content/content.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readDocument } from '../../content/read-document.ts';
import { readReferrer, type ListedReferrer } from '../../content/read-referrer.ts';
import { isAirkitError } from '../../errors.ts';
import { bareDescriptor, type Descriptor } from '../../oci/descriptor.ts';
import { parseImageIndex, parseManifests } from '../../oci/image-manifest.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { CONTAINERD_NAME, REF_NAME } from '../../oci/layout-documents.ts';
import { isIndexType, isManifestType } from '../../oci/media-types.ts';
import {
  cosignSubject,
  isReferrerTag,
  linkReferrers,
  sortReferrers,
  type Referrer,
} from '../../oci/referrer.ts';
import { MAX_INDEX_BYTES } from './layout.ts';

export interface LayoutContent {
  readonly folder: string;
  /** Bytes of index.json. */
  readonly index: Uint8Array;
  readonly content: ContentReader;
}

/**
 * What refers to some documents in an OCI layout, and what refers to those again. Layouts have no list of referrers: oras
 * keeps them as entries of index.json without a name, regclient in an index under the fallback tag, both under cosign's
 * tags where they copied those.
 *
 * @throws AirkitError CONTENT_INVALID, DIGEST_MISMATCH, UNSUPPORTED, DISK_FAILED
 */
export async function findReferrers(
  layout: LayoutContent,
  subjects: readonly Descriptor[],
  options: OperationOptions = {},
): Promise<readonly Referrer[]> {
  const found: Referrer[] = [];
  for (const listed of await listCandidates(layout, options)) {
    const { descriptor } = listed;
    const isDocument = isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType);
    if (!isDocument || !(await layout.content.has(descriptor, options))) continue;
    const referrer = await readIfWhole(listed, layout.content, options);
    if (referrer !== undefined) found.push(referrer);
  }
  const { linked } = linkReferrers(
    found,
    subjects.map(({ digest }) => digest),
  );
  return sortReferrers(linked);
}

/** Entries without a name may be anything, also an index of which the layout holds some platforms only. */
async function readIfWhole(
  listed: ListedReferrer,
  content: ContentReader,
  options: OperationOptions,
): Promise<Referrer | undefined> {
  try {
    return await readReferrer(listed, content, options);
  } catch (error) {
    if (isAirkitError(error, 'BLOB_MISSING')) return undefined;
    throw error;
  }
}

/** Entries of index.json that name no image. */
async function listCandidates(
  { folder, index, content }: LayoutContent,
  options: OperationOptions,
): Promise<ListedReferrer[]> {
  const where = `${folder}: index.json`;
  const entries = parseManifests(
    parseJsonObject(index, { where, maxBytes: MAX_INDEX_BYTES }),
    where,
  );
  const listed: ListedReferrer[] = [];
  for (const entry of entries) {
    const tag = entry.annotations?.[REF_NAME];
    const isImage = entry.annotations?.[CONTAINERD_NAME] !== undefined;
    const descriptor = bareDescriptor(entry);
    if (isImage || (tag !== undefined && !isReferrerTag(tag))) continue;
    if (tag === undefined) listed.push({ descriptor });
    else if (cosignSubject(tag) !== undefined) listed.push({ descriptor, tag });
    else listed.push(...(await listIn(descriptor, content, options)));
  }
  return listed;
}

/** Entries of an index under a fallback tag. */
async function listIn(
  index: Descriptor,
  content: ContentReader,
  options: OperationOptions,
): Promise<ListedReferrer[]> {
  if (!isIndexType(index.mediaType)) return [];
  const { manifests } = parseImageIndex(await readDocument(content, index, options), index);
  return manifests.map((descriptor) => ({ descriptor: bareDescriptor(descriptor) }));
}
