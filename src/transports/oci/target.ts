import { join } from 'node:path';
import { isAirkitError, messageOf } from '../../errors.ts';
import { reportBytes } from '../../content/count-bytes.ts';
import { mapLimited } from '../../content/map-limited.ts';
import { openBlobFolder } from '../../content/blob-folder.ts';
import type { ImageTarget, TargetImage, TargetOutcome, TargetResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { writeFileAtomically } from '../../content/write-file.ts';
import { by } from '../../oci/compare.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import {
  CONTAINERD_NAME,
  formatLayoutIndex,
  namedDescriptor,
  OCI_LAYOUT_BYTES,
  REF_NAME,
} from '../../oci/layout-documents.ts';
import { parseManifests } from '../../oci/image-manifest.ts';
import { parseJsonObject, type JsonObject } from '../../oci/json.ts';
import { formatReference } from '../../oci/reference.ts';
import { referrerBlobs } from '../../oci/referrer.ts';
import { takeLayoutInventory } from './inventory.ts';
import { indexPath, markerPath, MAX_INDEX_BYTES, notLayout, readIfThere } from './layout.ts';
import { listsReferrers, placeOf, referrerEntries, writeReferrerLists } from './write-referrers.ts';

/**
 * An OCI layout directory to write to; made when it is not there.
 *
 * @throws AirkitError TARGET_FAILED for a folder that holds something else, DISK_FAILED
 */
export async function openLayoutTarget(folder: string): Promise<ImageTarget> {
  const layout = { folder, blobs: openBlobFolder(folder) };
  await readEntries(folder);
  return {
    name: `oci:${folder}`,
    keepsReferrers: true,
    survey: async (images, options) => {
      const entries = await readEntries(folder);
      return mapLimited(images, async (image) => surveyImage({ image, entries }, layout), options);
    },
    load: async (images, options) => loadImages(layout, images, options),
    takeInventory: async (options) =>
      takeLayoutInventory(folder, namesOf(await readEntries(folder)), options),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Layout {
  readonly folder: string;
  readonly blobs: ReturnType<typeof openBlobFolder>;
}

/** `entries` are those of index.json. */
async function surveyImage(
  { image, entries }: { image: TargetImage; entries: readonly Descriptor[] },
  { blobs }: Layout,
): Promise<TargetResult> {
  const reference = formatReference(image.reference);
  const before = entries.findLast((entry) => nameOf(entry) === reference)?.digest;
  const held = await Promise.all(blobsOf(image).map(async (descriptor) => blobs.has(descriptor)));
  const isListed = before === image.root.digest && listsReferrers(image, entries);
  const isPresent = isListed && held.every(Boolean);
  return {
    reference,
    before,
    status: isPresent ? 'already-present' : 'skipped',
    ...(isPresent ? { after: before } : {}),
  };
}

async function loadImages(
  layout: Layout,
  images: readonly TargetImage[],
  options: OperationOptions = {},
): Promise<TargetOutcome> {
  const entries = await readEntries(layout.folder);
  const sent = new Set<Digest>();
  const results: TargetResult[] = [];
  let sentBytes = 0;
  for (const image of images) {
    const found = await surveyImage({ image, entries }, layout);
    if (found.status === 'already-present') {
      results.push(found);
      continue;
    }
    try {
      for (const { digest, size } of await copyBlobs(image, { ...layout, sent }, options)) {
        sent.add(digest);
        sentBytes += size;
      }
      results.push({ ...found, status: 'loaded', after: image.root.digest });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isAirkitError(error, 'DISK_FAILED')) throw error;
      results.push({ ...found, status: 'failed', message: messageOf(error) });
    }
  }
  const loaded = images.filter((_, position) => results[position]?.status === 'loaded');
  if (loaded.length > 0) await writeNames(layout, loaded, options);
  return { results, sentBytes };
}

/** Copies what the layout lacks of an image. @returns what was copied */
async function copyBlobs(
  image: TargetImage,
  { blobs, sent }: Layout & { readonly sent: ReadonlySet<Digest> },
  options: OperationOptions,
): Promise<Descriptor[]> {
  const copied = await mapLimited(
    blobsOf(image),
    async (target, call) => {
      if (sent.has(target.digest) || (await blobs.has(target))) return [];
      await blobs.push(target, reportBytes(image.content.fetch(target, call), call), call);
      return [target];
    },
    options,
  );
  return copied.flat();
}

/** What of an image and its referrers is at hand. */
function blobsOf({ graph }: TargetImage): Descriptor[] {
  const all = [...heldDescriptors(graph), ...(graph.referrers ?? []).flatMap(referrerBlobs)];
  return [...new Map(all.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** Entries of index.json; none where there is no layout yet. */
async function readEntries(folder: string): Promise<Descriptor[]> {
  const bytes = await readIfThere(indexPath(folder));
  if (bytes === undefined) return [];
  if ((await readIfThere(markerPath(folder))) === undefined) throw notLayout(folder, 'oci-layout');
  const where = join(folder, 'index.json');
  const object: JsonObject = parseJsonObject(bytes, { where, maxBytes: MAX_INDEX_BYTES });
  return parseManifests(object, where);
}

/** Names come last, all at once: until then the layout holds what it held before. */
async function writeNames(
  { folder, blobs }: Layout,
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<void> {
  const entries = await readEntries(folder);
  const named = images.map(({ reference, root }) =>
    namedDescriptor({ reference: formatReference(reference), root }),
  );
  const lists = await writeReferrerLists(images, { blobs, entries }, options);
  const added = [...named, ...images.flatMap(referrerEntries), ...lists];
  const replaced = new Set(added.map((entry) => nameOf(entry) ?? placeOf(entry)));
  const kept = entries.filter((entry) => !replaced.has(nameOf(entry) ?? placeOf(entry)));
  const once = new Map(added.map((entry) => [`${nameOf(entry)} ${entry.digest}`, entry]));
  const manifests = [...kept, ...once.values()].toSorted(
    by((entry) => `${nameOf(entry)} ${entry.digest}`),
  );
  await writeFileAtomically(markerPath(folder), OCI_LAYOUT_BYTES);
  await writeFileAtomically(indexPath(folder), formatLayoutIndex(manifests));
}

function nameOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[CONTAINERD_NAME] ?? annotations?.[REF_NAME];
}

function namesOf(entries: readonly Descriptor[]): Map<string, Descriptor> {
  return new Map(
    entries.flatMap((entry) => {
      const name = nameOf(entry);
      return name === undefined ? [] : [[name, entry] as const];
    }),
  );
}
