import { readFile } from 'node:fs/promises';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import { blobPath, sizeOfBlob } from '../../content/blob-folder.ts';
import { diskCall } from '../../content/file-bytes.ts';
import { MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, isDigest } from '../../oci/digest.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { namedDescriptor } from '../../oci/layout-documents.ts';
import { MEDIA_TYPES } from '../../oci/media-types.ts';
import { formatReference } from '../../oci/reference.ts';
import { changeNames, namesOf, readEntries, type LayoutNames } from './layout-names.ts';

/**
 * Puts names of a layout back, all in one step.
 *
 * @throws AirkitError DISK_FAILED, SOURCE_FAILED for a folder that is no layout any more
 */
export async function putBackNames(
  folder: string,
  names: readonly NameReversal[],
): Promise<NameReversalResult[]> {
  const held = namesOf(await readEntries(folder));
  const changes = new Map<string, Descriptor | undefined>();
  const results: NameReversalResult[] = [];
  for (const name of names) results.push(await planReversal({ folder, held, changes }, name));
  if (changes.size > 0) await changeNames(folder, changes);
  return results;
}

interface Reversals {
  readonly folder: string;
  readonly held: LayoutNames;
  /** What is to be written. */
  readonly changes: Map<string, Descriptor | undefined>;
}

async function planReversal(
  { folder, held, changes }: Reversals,
  { reference: parsed, expected, restore }: NameReversal,
): Promise<NameReversalResult> {
  const reference = formatReference(parsed);
  const now = held.get(reference)?.digest;
  if (now !== expected) return { reference, status: 'changed', now };
  if (restore === undefined) {
    changes.set(reference, undefined);
    return { reference, status: 'removed' };
  }
  const root = await describeRoot(folder, restore);
  if (root === undefined) {
    const message = `the layout no longer has ${restore}`;
    return { reference, status: 'failed', now, message };
  }
  changes.set(reference, namedDescriptor({ reference, root }));
  return { reference, status: 'restored', now: restore };
}

/** A manifest or index in the layout's blobs, described anew; undefined where it is gone or damaged. */
async function describeRoot(folder: string, text: string): Promise<Descriptor | undefined> {
  if (!isDigest(text)) return undefined;
  const size = await sizeOfBlob(folder, text);
  if (size === undefined || size > MAX_DOCUMENT_BYTES) return undefined;
  const path = blobPath(folder, text);
  const bytes = await diskCall(path, 'read', () => readFile(path));
  if (digestOf(bytes) !== text) return undefined;
  const { mediaType, manifests } = parseJsonObject(bytes, { where: path });
  const ownType = manifests === undefined ? MEDIA_TYPES.ociManifest : MEDIA_TYPES.ociIndex;
  return { mediaType: typeof mediaType === 'string' ? mediaType : ownType, digest: text, size };
}
