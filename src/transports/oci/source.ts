import { basename } from 'node:path';
import { openBlobFolder, sizeOfBlob, wrongSize } from '../../content/blob-folder.ts';
import type { ContentReader } from '../../content/content.ts';
import type { ImageSource, ListedImage } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { readLabels } from '../../content/read-labels.ts';
import { listIndex } from '../../image-archive/list-archive.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { findReferrers } from './find-referrers.ts';
import { indexPath, markerPath, notLayout, readIfThere } from './layout.ts';

/** A name in an OCI layout. */
export interface ListedLayoutImage extends ListedImage {
  readonly root: Descriptor;
}

/**
 * The images of an OCI layout directory, read in place.
 *
 * @throws AirkitError SOURCE_FAILED when it is none, CONTENT_INVALID, DISK_FAILED
 */
export async function openLayoutSource(folder: string): Promise<ImageSource<ListedLayoutImage>> {
  if ((await readIfThere(markerPath(folder))) === undefined) throw notLayout(folder, 'oci-layout');
  const index = await readIfThere(indexPath(folder));
  if (index === undefined) throw notLayout(folder, 'index.json');
  const content = layoutReader(folder);
  const listing = listIndex(index, { where: folder, baseName: basename(folder).toLowerCase() });
  return {
    list: async () => ({
      images: listing.images.flatMap((image) => listed(image, content)),
      skipped: listing.skipped,
    }),
    resolve: async (images) => images.map(({ reference, root }) => ({ reference, root, content })),
    describe: async (images, options) =>
      mapLimited(
        images,
        async ({ root }, call) => ({ graph: await readImageGraph(root, content, call) }),
        options,
      ),
    referrers: async (_, subjects, options) =>
      findReferrers({ index, folder, content }, subjects, options),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A damaged blob is an error here: it must not be taken for one that a sparse layout leaves out. */
function layoutReader(folder: string): ContentReader {
  const blobs = openBlobFolder(folder);
  return {
    fetch: (target, options) => blobs.fetch(target, options),
    has: async (target) => {
      const size = await sizeOfBlob(folder, target.digest);
      if (size !== undefined && size !== target.size) throw wrongSize(target, size, folder);
      return size !== undefined;
    },
  };
}

function listed(
  image: ReturnType<typeof listIndex>['images'][number],
  content: ContentReader,
): ListedLayoutImage[] {
  if (image.view !== 'oci') return [];
  const { reference, root } = image;
  return [
    {
      reference,
      root,
      labels: async (options?: OperationOptions) => readLabels(root, content, options),
      identity: async () => ({ root: root.digest }),
    },
  ];
}
