import { isAirkitError, messageOf } from '../../errors.ts';
import { expectBlobs, reportBytes } from '../../content/count-bytes.ts';
import { mapLimited } from '../../content/map-limited.ts';
import { openBlobFolder, tidyBlobs } from '../../content/blob-folder.ts';
import { requireWritable } from '../../content/file-bytes.ts';
import { inTurns } from '../../content/gather-chunks.ts';
import type {
  ImageTarget,
  SpaceNeed,
  TargetImage,
  TargetOptions,
  TargetOutcome,
  TargetResult,
} from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import { namedDescriptor } from '../../oci/layout-documents.ts';
import { formatReference } from '../../oci/reference.ts';
import { referrerBlobs } from '../../oci/referrer.ts';
import { takeLayoutInventory } from './inventory.ts';
import { changeNames, namesOf, readEntries } from './layout-names.ts';
import { putBackNames } from './put-back.ts';
import { listsReferrers, referrerEntries, writeReferrerLists } from './write-referrers.ts';

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
    preflight: async (images) => checkRoom(layout, images),
    lackingLayers: async (images, notAtHand, options) =>
      mapLimited(images, async (image) => lackingLayers(layout, image, notAtHand), options),
    load: async (images, options) => loadImages(layout, images, options),
    takeInventory: async (options) =>
      takeLayoutInventory(folder, namesOf(await readEntries(folder)), options),
    putBack: async (names, options) => {
      options?.signal?.throwIfAborted();
      return putBackNames(folder, names);
    },
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
  const before = namesOf(entries).get(reference)?.digest;
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

/** What the layout lacks of all images together, each blob once; and it must be writable. */
async function checkRoom(
  { folder, blobs }: Layout,
  images: readonly TargetImage[],
): Promise<SpaceNeed[]> {
  await requireWritable(folder);
  const missing = await missingBlobs(images, blobs);
  return [{ path: folder, bytes: missing.reduce((sum, { size }) => sum + size, 0) }];
}

/** Each once. */
async function missingBlobs(
  images: readonly TargetImage[],
  blobs: Layout['blobs'],
): Promise<Descriptor[]> {
  const wanted = images.flatMap(blobsOf).map((blob) => [blob.digest, blob] as const);
  const missing: Descriptor[] = [];
  for (const blob of new Map(wanted).values()) if (!(await blobs.has(blob))) missing.push(blob);
  return missing;
}

async function lackingLayers(
  { blobs }: Layout,
  image: TargetImage,
  notAtHand: ReadonlySet<Digest>,
): Promise<Descriptor[]> {
  const lacking: Descriptor[] = [];
  for (const blob of blobsOf(image).filter(({ digest }) => notAtHand.has(digest)))
    if (!(await blobs.has(blob))) lacking.push(blob);
  return lacking;
}

async function loadImages(
  layout: Layout,
  images: readonly TargetImage[],
  options: TargetOptions = {},
): Promise<TargetOutcome> {
  const entries = await readEntries(layout.folder);
  expectBlobs(await missingBlobs(images, layout.blobs), options);
  const sent = new Set<Digest>();
  const results: TargetResult[] = [];
  await tidyBlobs(layout.folder);
  for (const image of images) {
    const result = await loadImage(image, { ...layout, entries, sent }, options);
    results.push(result);
    if (result.status !== 'loaded') await options.onResult?.(result);
  }
  const loaded = images.filter((_, position) => results[position]?.status === 'loaded');
  if (loaded.length > 0) await nameImages(layout, loaded, options);
  for (const result of results) if (result.status === 'loaded') await options.onResult?.(result);
  return { results, sentBytes: results.reduce((sum, one) => sum + (one.sentBytes ?? 0), 0) };
}

interface Loading extends Layout {
  readonly entries: readonly Descriptor[];
  readonly sent: Set<Digest>;
}

/** Copies an image's blobs; its name is given later, with those of all others. */
async function loadImage(
  image: TargetImage,
  loading: Loading,
  options: TargetOptions,
): Promise<TargetResult> {
  const found = await surveyImage({ image, entries: loading.entries }, loading);
  if (found.status === 'already-present') return found;
  try {
    const copied = await copyBlobs(image, loading, options);
    for (const { digest } of copied) loading.sent.add(digest);
    const sentBytes = copied.reduce((sum, { size }) => sum + size, 0);
    return { ...found, status: 'loaded', after: image.root.digest, sentBytes };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'DISK_FAILED', 'NO_SPACE')) throw error;
    return { ...found, status: 'failed', message: messageOf(error) };
  }
}

/** Names come last, all at once: until then the layout holds what it held before. */
async function nameImages(
  { folder, blobs }: Layout,
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<void> {
  const entries = await readEntries(folder);
  const lists = await writeReferrerLists(images, { blobs, entries }, options);
  const named = images.map(({ reference: parsed, root }) => {
    const reference = formatReference(parsed);
    return [reference, namedDescriptor({ reference, root })] as const;
  });
  await changeNames(folder, new Map(named), [...images.flatMap(referrerEntries), ...lists]);
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
      const bytes = image.content.fetch(target, { ...call, allocate: inTurns() });
      await blobs.push(target, reportBytes(bytes, call), call);
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
