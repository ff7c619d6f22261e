import { join } from 'node:path';
import { writeFileAtomically } from '../../content/write-file.ts';
import { by } from '../../oci/compare.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseManifests } from '../../oci/image-manifest.ts';
import { parseJsonObject, type JsonObject } from '../../oci/json.ts';
import {
  CONTAINERD_NAME,
  formatLayoutIndex,
  OCI_LAYOUT_BYTES,
  REF_NAME,
} from '../../oci/layout-documents.ts';
import { indexPath, markerPath, notLayout, readIfThere } from './layout.ts';

const MAX_INDEX_BYTES = 20 * 1024 * 1024;

/** What the names of a layout stand for. */
export type LayoutNames = ReadonlyMap<string, Descriptor>;

/**
 * Names in index.json; none where there is no layout yet.
 *
 * @throws AirkitError SOURCE_FAILED for a folder that holds something else, DISK_FAILED, CONTENT_INVALID
 */
export async function readNames(folder: string): Promise<LayoutNames> {
  const entries = await readEntries(folder);
  return new Map(
    entries.flatMap((entry) => (nameOf(entry) === undefined ? [] : [[nameOf(entry) ?? '', entry]])),
  );
}

/**
 * Gives names to roots, or takes names away, all at once: until then the layout holds what it held before.
 *
 * @param changes entries by name; undefined takes the name away
 * @throws AirkitError DISK_FAILED
 */
export async function changeNames(
  folder: string,
  changes: ReadonlyMap<string, Descriptor | undefined>,
): Promise<void> {
  const kept = (await readEntries(folder)).filter((entry) => !changes.has(nameOf(entry) ?? ''));
  const added = [...changes.values()].filter((entry) => entry !== undefined);
  const manifests = [...kept, ...added].toSorted(by((entry) => `${nameOf(entry)} ${entry.digest}`));
  await writeFileAtomically(markerPath(folder), OCI_LAYOUT_BYTES);
  await writeFileAtomically(indexPath(folder), formatLayoutIndex(manifests));
}

async function readEntries(folder: string): Promise<Descriptor[]> {
  const bytes = await readIfThere(indexPath(folder));
  if (bytes === undefined) return [];
  if ((await readIfThere(markerPath(folder))) === undefined) throw notLayout(folder, 'oci-layout');
  const where = join(folder, 'index.json');
  const object: JsonObject = parseJsonObject(bytes, { where, maxBytes: MAX_INDEX_BYTES });
  return parseManifests(object, where);
}

function nameOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[CONTAINERD_NAME] ?? annotations?.[REF_NAME];
}
