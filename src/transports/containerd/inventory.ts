import { isAirkitError } from '../../errors.ts';
import { graphContent } from '../../content/graph-content.ts';
import type { HeldContent } from '../../content/held-content.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { by } from '../../oci/compare.ts';
import type { ImageGraph } from '../../oci/image-graph.ts';
import { formatReference } from '../../oci/reference.ts';
import { readRoot, storeReader } from './content.ts';
import { nameOf } from './record-names.ts';
import { listBlobs, listRecords, type ImageRecord } from './store.ts';
import type { OpenedStore } from './survey.ts';

/**
 * What a namespace of containerd holds: every name, every blob of its content store, and the layers of images whose
 * blobs are there.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function takeContainerdInventory(
  store: OpenedStore,
  options: OperationOptions = {},
): Promise<HeldContent> {
  const records = await listRecords(store, [], options);
  const blobs = await listBlobs(store, options);
  const content = storeReader(store, blobs);
  const roots = new Map(records.map((record) => [record.digest, record]));
  const graphs = await mapLimited(
    [...roots.values()].filter(({ digest }) => blobs.has(digest)),
    async (record, call) => {
      try {
        return await readImageGraph(await readRoot(store, record, call), content, call);
      } catch (error) {
        call.signal?.throwIfAborted();
        return unlessNoImage(error);
      }
    },
    options,
  );
  return {
    images: namesOf(records),
    ...graphContent(graphs.filter((graph) => graph !== undefined)),
    blobs,
    platform: store.platform,
    needsBlobs: true,
  };
}

/** A record may name what is no image, or lost a part: its blobs count all the same. */
function unlessNoImage(error: unknown): ImageGraph | undefined {
  if (isAirkitError(error, 'CONTENT_INVALID', 'UNSUPPORTED', 'BLOB_MISSING', 'SIZE_MISMATCH'))
    return undefined;
  throw error;
}

/** The image ID, under which Kubernetes keeps a record too, is no name. */
function namesOf(records: readonly ImageRecord[]): HeldContent['images'] {
  const names = records.flatMap((record) => {
    const reference = nameOf(record);
    return reference === undefined ? [] : [[formatReference(reference), record.digest] as const];
  });
  return [...new Map(names)]
    .map(([reference, id]) => ({ reference, id }))
    .toSorted(by(({ reference }) => reference));
}
