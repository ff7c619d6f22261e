import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { AirkitError, isAirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import type { ArchiveFiles } from './archive-files.ts';
import type { ArchivedImage } from './list-archive.ts';

export interface ReadArchive {
  readonly files: ArchiveFiles;
  /** Holds the archive's documents. */
  readonly documents: ContentReader;
}

/**
 * Refuses an image of which manifest.json and index.json tell different things: one tool loads the one, another the other.
 *
 * @throws AirkitError CONTENT_INVALID, DIGEST_MISMATCH
 */
export async function requireOneReading(
  image: ArchivedImage,
  { files, documents }: ReadArchive,
  options: OperationOptions = {},
): Promise<void> {
  const { root, reference } = image;
  const items = image.view === 'docker' ? [image.item] : (image.items ?? []);
  if (root === undefined || items.length === 0) return;
  const configs = await configsOf(root, documents, options);
  for (const item of configs === undefined ? [] : items) {
    const config = await files.document(item.config);
    if (config === undefined || configs?.has(digestOf(config)) === true) continue;
    throw new AirkitError(
      'CONTENT_INVALID',
      `${files.path}: manifest.json and index.json tell of different images under ${formatReference(reference)}`,
      {
        hint: 'What is loaded would depend on the tool: get the archive again from where it was made.',
        context: { path: files.path, reference: formatReference(reference) },
      },
    );
  }
}

/** Undefined where nobody can read the layout's image: then there is one reading at most. */
async function configsOf(
  root: Descriptor,
  documents: ContentReader,
  options: OperationOptions,
): Promise<ReadonlySet<Digest> | undefined> {
  try {
    const { manifests } = await readImageGraph(root, documents, options);
    return new Set(manifests.map(({ config }) => config.digest));
  } catch (error) {
    if (isAirkitError(error, 'BLOB_MISSING', 'UNSUPPORTED')) return undefined;
    throw error;
  }
}
