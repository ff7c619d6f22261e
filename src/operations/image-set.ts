import { assembleArchive, type AssembledArchive } from '../archive/assemble-archive.ts';
import { BUNDLE_INDEX_MEDIA_TYPE, type BundleIndex } from '../archive/bundle-index.ts';
import { digestOf, hexOf } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';
import { VERSION } from '../version.ts';
import type { GatheredImages } from './gather-images.ts';
import { createdOf, type Host } from './host.ts';
import { archiveImages } from './plan-bundle.ts';

/** A name of a set of images that nobody named. */
export interface ImageSetName {
  readonly name: string;
  readonly version: string;
}

/**
 * Names a set of images after what is in it, so that equal sets have equal names: one image after its repository and
 * tag (`redis` `7`), several `images` and a sum over their names and digests.
 *
 * @param images canonical references, and what they stand for
 */
export function nameImageSet(
  images: readonly { readonly reference: string; readonly id: string }[],
): ImageSetName {
  const lines = images.map(({ reference, id }) => `${reference} ${id}\n`).toSorted();
  const version = hexOf(digestOf(lines.join(''))).slice(0, SHORT_DIGITS);
  const [only, ...others] = images;
  if (only === undefined || others.length > 0) return { name: 'images', version };
  const { repository, tag = '' } = parseReference(only.reference);
  const name = repository.split('/').at(-1) ?? '';
  return {
    name: isFileName(name) ? name : 'image',
    version: isFileName(tag) ? tag : version,
  };
}

const SHORT_DIGITS = 12;

/** As bundle.json takes names and versions. */
function isFileName(text: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,126}[A-Za-z0-9])?$/.test(text);
}

/** The bundle index's own words for a set of images. */
export function imageSetHeader(
  host: Host,
  set: ImageSetName,
  encoder: string,
): Omit<BundleIndex, 'images' | 'members' | 'absent'> {
  const created = createdOf(host);
  return {
    mediaType: BUNDLE_INDEX_MEDIA_TYPE,
    ...set,
    ...(created === undefined ? {} : { created }),
    tool: { name: 'airkit', version: VERSION, encoder },
  };
}

/** The archive that gathered images make, complete but for the blobs' bytes. @throws AirkitError UNSUPPORTED */
export function assembleImageSet(
  host: Host,
  { images, plan, context }: Omit<GatheredImages, keyof AsyncDisposable>,
): AssembledArchive {
  const exact = archiveImages(images);
  if (exact === undefined) throw new Error('a resolved image is not exact');
  const ids = exact.map(({ names, graph }) => ({
    reference: names.reference,
    id: graph.root.digest,
  }));
  const header = imageSetHeader(host, nameImageSet(ids), context.target.encoder.id);
  return assembleArchive(header, { images: exact, plan });
}
