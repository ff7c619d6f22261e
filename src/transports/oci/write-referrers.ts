import type { OperationOptions } from '../../content/operation.ts';
import type { ContentReader, ContentWriter } from '../../content/content.ts';
import type { TargetImage } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import { bareDescriptor, type Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { CONTAINERD_SUBJECT, REF_NAME } from '../../oci/layout-documents.ts';
import { MEDIA_TYPES } from '../../oci/media-types.ts';
import { attachedTo, fallbackTag, type Referrer } from '../../oci/referrer.ts';
import { addReferrerEntries, referrerEntry } from '../../oci/referrer-index.ts';

/** Entries of index.json, and the blobs beside it. */
export interface LayoutState {
  readonly blobs: ContentReader & ContentWriter;
  readonly entries: readonly Descriptor[];
}

/**
 * Entries of index.json by which tools find the referrers of an image: oras those without a name, cosign's tags as names.
 * containerd's annotation says that they are no images.
 */
export function referrerEntries({ graph }: TargetImage): Descriptor[] {
  return (graph.referrers ?? []).map(layoutEntry);
}

function layoutEntry(referrer: Referrer): Descriptor {
  const { descriptor, artifactType, tag } = referrer;
  return {
    ...bareDescriptor(descriptor),
    ...(artifactType === undefined ? {} : { artifactType }),
    annotations: {
      [CONTAINERD_SUBJECT]: attachedTo(referrer) ?? '',
      ...(tag === undefined ? {} : { [REF_NAME]: tag }),
    },
  };
}

/** True when index.json has every entry that an image's referrers need. */
export function listsReferrers(image: TargetImage, entries: readonly Descriptor[]): boolean {
  const known = new Set(entries.map(placeOf));
  return referrerEntries(image).every((entry) => known.has(placeOf(entry)));
}

/** Tells entries apart: a name stands once, without a name a digest does. */
export function placeOf({ digest, annotations }: Descriptor): string {
  return `${annotations?.[REF_NAME] ?? ''} ${digest}`;
}

/**
 * Writes the lists by which regclient finds referrers: an index under the fallback tag of each subject, to which entries
 * are added.
 *
 * @returns their entries for index.json
 * @throws AirkitError DISK_FAILED, CONTENT_INVALID for a list that is there and cannot be read
 */
export async function writeReferrerLists(
  images: readonly TargetImage[],
  { blobs, entries }: LayoutState,
  options: OperationOptions = {},
): Promise<Descriptor[]> {
  const written: Descriptor[] = [];
  for (const [subject, added] of await entriesBySubject(images, options)) {
    const tag = fallbackTag(subject);
    const held = entries.find(({ annotations }) => annotations?.[REF_NAME] === tag);
    const existing = held === undefined ? undefined : await readDocument(blobs, held, options);
    const bytes = addReferrerEntries(existing, added);
    if (bytes === undefined) continue;
    const list = {
      mediaType: MEDIA_TYPES.ociIndex,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    };
    await blobs.push(list, once(bytes), options);
    written.push({ ...list, annotations: { [REF_NAME]: tag } });
  }
  return written;
}

async function entriesBySubject(
  images: readonly TargetImage[],
  options: OperationOptions,
): Promise<Map<Digest, Descriptor[]>> {
  const lists = new Map<Digest, Map<Digest, Descriptor>>();
  for (const { graph, content } of images) {
    for (const referrer of graph.referrers ?? []) {
      if (referrer.subject === undefined) continue;
      const list = lists.get(referrer.subject) ?? new Map<Digest, Descriptor>();
      list.set(referrer.descriptor.digest, await entryOf(referrer, content, options));
      lists.set(referrer.subject, list);
    }
  }
  return new Map([...lists].map(([subject, list]) => [subject, [...list.values()]]));
}

async function entryOf(
  referrer: Referrer,
  content: TargetImage['content'],
  options: OperationOptions,
): Promise<Descriptor> {
  return referrerEntry(referrer, await readDocument(content, referrer.descriptor, options));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
