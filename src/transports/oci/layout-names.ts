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
import { indexPath, markerPath, MAX_INDEX_BYTES, notLayout, readIfThere } from './layout.ts';
import { placeOf } from './write-referrers.ts';

/** What the names of a layout stand for. */
export type LayoutNames = ReadonlyMap<string, Descriptor>;

/**
 * Entries of index.json; none where there is no layout yet.
 *
 * @throws AirkitError SOURCE_FAILED for a folder that holds something else, DISK_FAILED, CONTENT_INVALID
 */
export async function readEntries(folder: string): Promise<Descriptor[]> {
  const bytes = await readIfThere(indexPath(folder));
  if (bytes === undefined) return [];
  if ((await readIfThere(markerPath(folder))) === undefined) throw notLayout(folder, 'oci-layout');
  const where = join(folder, 'index.json');
  const object: JsonObject = parseJsonObject(bytes, { where, maxBytes: MAX_INDEX_BYTES });
  return parseManifests(object, where);
}

/** The entries that have a name; of two with one name the last counts. */
export function namesOf(entries: readonly Descriptor[]): LayoutNames {
  return new Map(
    entries.flatMap((entry) => {
      const name = nameOf(entry);
      return name === undefined ? [] : [[name, entry] as const];
    }),
  );
}

/**
 * Gives names to roots, or takes names away, all at once: until then the layout holds what it held before.
 *
 * @param changes entries by name; undefined takes the name away
 * @param attached entries by which referrers are found
 * @throws AirkitError DISK_FAILED
 */
export async function changeNames(
  folder: string,
  changes: ReadonlyMap<string, Descriptor | undefined>,
  attached: readonly Descriptor[] = [],
): Promise<void> {
  const named = [...changes.values()].filter((entry) => entry !== undefined);
  const replaced = new Set([...changes.keys(), ...attached.map(keyOf)]);
  const kept = (await readEntries(folder)).filter((entry) => !replaced.has(keyOf(entry)));
  const added = [...named, ...attached];
  const once = new Map(added.map((entry) => [`${nameOf(entry)} ${entry.digest}`, entry]));
  const manifests = [...kept, ...once.values()].toSorted(
    by((entry) => `${nameOf(entry)} ${entry.digest}`),
  );
  await writeFileAtomically(markerPath(folder), OCI_LAYOUT_BYTES);
  await writeFileAtomically(indexPath(folder), formatLayoutIndex(manifests));
}

/** Tells entries apart: a name stands once, without a name a digest does. */
function keyOf(entry: Descriptor): string {
  return nameOf(entry) ?? placeOf(entry);
}

function nameOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[CONTAINERD_NAME] ?? annotations?.[REF_NAME];
}
