import { AirkitError, isAirkitError } from '../../errors.ts';
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
 * @throws AirkitError DISK_FAILED, TARGET_FAILED for a list that is there and cannot be read
 */
export async function writeReferrerLists(
  images: readonly TargetImage[],
  layout: LayoutState,
  options: OperationOptions = {},
): Promise<Descriptor[]> {
  const written: Descriptor[] = [];
  for (const [subject, added] of entriesBySubject(images)) {
    const tag = fallbackTag(subject);
    const bytes = await extended(layout, { tag, added }, options);
    if (bytes === undefined) continue;
    const list = {
      mediaType: MEDIA_TYPES.ociIndex,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    };
    await layout.blobs.push(list, once(bytes), options);
    written.push({ ...list, annotations: { [REF_NAME]: tag } });
  }
  return written;
}

function entriesBySubject(images: readonly TargetImage[]): Map<Digest, Descriptor[]> {
  const lists = new Map<Digest, Map<Digest, Descriptor>>();
  for (const referrer of images.flatMap(({ graph }) => graph.referrers ?? [])) {
    if (referrer.subject === undefined) continue;
    const list = lists.get(referrer.subject) ?? new Map<Digest, Descriptor>();
    list.set(referrer.descriptor.digest, referrerEntry(referrer));
    lists.set(referrer.subject, list);
  }
  return new Map([...lists].map(([subject, list]) => [subject, [...list.values()]]));
}

/** The bytes of a list with further entries; undefined when it has them. */
async function extended(
  { blobs, entries }: LayoutState,
  { tag, added }: { readonly tag: string; readonly added: readonly Descriptor[] },
  options: OperationOptions,
): Promise<Uint8Array | undefined> {
  const held = entries.find(({ annotations }) => annotations?.[REF_NAME] === tag);
  if (held === undefined) return addReferrerEntries(undefined, added);
  try {
    return addReferrerEntries(await readDocument(blobs, held, options), added);
  } catch (cause) {
    if (!isAirkitError(cause)) throw cause;
    throw new AirkitError('TARGET_FAILED', `${tag}: the list in the layout cannot be read`, {
      hint: 'Take the entry of that name out of its index.json, then load again.',
      cause,
    });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
