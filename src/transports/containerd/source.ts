import type { ContentReader } from '../../content/content.ts';
import type { ImageSource, ListedImage } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { readLabels } from '../../content/read-labels.ts';
import type { Digest } from '../../oci/digest.ts';
import { canonicalName, type Reference } from '../../oci/reference.ts';
import { readRoot, storeReader } from './content.ts';
import type { Containerd } from './ctr.ts';
import { isImageId, nameOf } from './record-names.ts';
import { listBlobs, listRecords, type ImageRecord } from './store.ts';

/** An image record that has a name of its own. */
export interface ListedRecord extends ListedImage {
  readonly record: ImageRecord;
}

/**
 * The images of a containerd namespace, read in place through ctr, in the bytes that were pulled. Blobs that containerd
 * does not keep, such as those of other platforms, are absent.
 *
 * @throws AirkitError SOURCE_FAILED when ctr is missing or containerd does not answer
 */
export async function openContainerdSource(
  location: Omit<Containerd, 'side'>,
  options: OperationOptions = {},
): Promise<ImageSource<ListedRecord>> {
  const store = { ...location, side: 'source' as const };
  const records = await listRecords(store, [], options);
  const blobs = await listBlobs(store, options);
  const content = storeReader(store, blobs);
  return {
    list: async () => listNames(records, { store, blobs, content }),
    resolve: async (images, call) =>
      mapLimited(
        images,
        async ({ reference, record }, one) => ({
          reference,
          root: await readRoot(store, record, one),
          content,
        }),
        call,
      ),
    describe: async (images, call) =>
      mapLimited(
        images,
        async ({ record }, one) => ({
          graph: await readImageGraph(await readRoot(store, record, one), content, one),
        }),
        call,
      ),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Opened {
  readonly store: Containerd;
  readonly blobs: ReadonlySet<Digest>;
  readonly content: ContentReader;
}

/** Kubernetes keeps three records of an image: its tag, REPOSITORY@DIGEST, and the image ID, which is no name. */
function listNames(
  records: readonly ImageRecord[],
  opened: Opened,
): { images: ListedRecord[]; skipped: string[] } {
  const images: ListedRecord[] = [];
  const skipped: string[] = [];
  const tagged = new Set<string>();
  for (const record of records.filter((one) => !isImageId(one))) {
    const reference = nameOf(record);
    const isThere = opened.blobs.has(record.digest);
    if (reference === undefined)
      skipped.push(`containerd: ${JSON.stringify(record.name)} is no image name`);
    else if (!isThere) skipped.push(`containerd: the content of ${record.name} is gone`);
    else images.push(listed(reference, record, opened));
    if (reference?.tag !== undefined && isThere) tagged.add(pinOf(reference, record));
  }
  const isPin = ({ reference, record }: ListedRecord): boolean =>
    reference.tag === undefined && tagged.has(pinOf(reference, record));
  return { images: images.filter((image) => !isPin(image)), skipped };
}

function listed(
  reference: Reference,
  record: ImageRecord,
  { store, content }: Opened,
): ListedRecord {
  return {
    reference,
    record,
    labels: async (options) => readLabels(await readRoot(store, record, options), content, options),
  };
}

function pinOf(reference: Reference, { digest }: ImageRecord): string {
  return `${canonicalName(reference)}@${digest}`;
}
