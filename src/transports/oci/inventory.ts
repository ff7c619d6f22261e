import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBlobFolder } from '../../content/blob-folder.ts';
import { diskCall, isErrno } from '../../content/file-bytes.ts';
import { graphContent } from '../../content/graph-content.ts';
import type { HeldContent } from '../../content/held-content.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';

/**
 * What an OCI layout holds: every file of `blobs/sha256`, and the layers of its named images.
 *
 * @throws AirkitError DISK_FAILED, and what damaged documents give
 */
export async function takeLayoutInventory(
  folder: string,
  names: ReadonlyMap<string, Descriptor>,
  options: OperationOptions = {},
): Promise<HeldContent> {
  const blobs = openBlobFolder(folder);
  const graphs = await mapLimited(
    names.values(),
    async (root, call) => readImageGraph(root, blobs, call),
    options,
  );
  return {
    images: [...names].map(([reference, { digest: id }]) => ({ reference, id })),
    ...graphContent(graphs),
    blobs: new Set(await storedDigests(folder)),
    needsBlobs: true,
  };
}

async function storedDigests(folder: string): Promise<Digest[]> {
  const path = join(folder, 'blobs', 'sha256');
  const files = await diskCall(path, 'list', async () => {
    try {
      return await readdir(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
  return files.map((name) => `sha256:${name}`).filter(isDigest);
}
