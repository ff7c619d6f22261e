import type { Descriptor } from '../oci/descriptor.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { ContentReader } from './content.ts';
import type { OperationOptions } from './operation.ts';
import { readDocument } from './read-document.ts';
import { readImageGraph } from './read-graph.ts';

/** Labels of the first image that a root reaches; none for artifacts. @throws what {@link readImageGraph} throws */
export async function readLabels(
  root: Descriptor,
  content: ContentReader,
  options?: OperationOptions,
): Promise<Readonly<Record<string, string>>> {
  const { manifests } = await readImageGraph(root, content, options);
  const first = manifests.find(({ isImage }) => isImage);
  if (first === undefined) return {};
  const { digest } = first.config;
  return parseImageConfig(await readDocument(content, first.config, options), digest).labels;
}
