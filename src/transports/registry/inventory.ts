import { graphContent } from '../../content/graph-content.ts';
import type { HeldContent } from '../../content/held-content.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { by } from '../../oci/compare.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageGraph } from '../../oci/image-graph.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import type { RegistryClient } from './client.ts';
import { openImageReader } from './image-reader.ts';
import { listRepositories, listTags } from './listing.ts';
import { resolveHeld } from './manifests.ts';

interface HeldTag {
  readonly reference: string;
  readonly id: Digest;
  readonly graph: ImageGraph;
}

/**
 * What a registry holds under its tags: it is asked for its repositories, their tags, and the documents of each.
 *
 * @param prefix start of the repositories that count
 * @throws AirkitError TARGET_FAILED, UNSUPPORTED when the registry does not list its repositories
 */
export async function takeRegistryInventory(
  { client, prefix }: { readonly client: RegistryClient; readonly prefix?: string | undefined },
  options: OperationOptions = {},
): Promise<HeldContent> {
  const start = prefix === undefined ? '' : `${prefix}/`;
  const repositories = (await listRepositories(client, options)).filter((name) =>
    name.startsWith(start),
  );
  const tags = (
    await mapLimited(repositories, async (name, call) => readTags(client, name, call), options)
  ).flat();
  return {
    images: tags
      .map(({ reference, id }) => ({ reference, id }))
      .toSorted(by(({ reference }) => reference)),
    ...graphContent(tags.map(({ graph }) => graph)),
    needsBlobs: true,
  };
}

async function readTags(
  client: RegistryClient,
  repository: string,
  options: OperationOptions,
): Promise<HeldTag[]> {
  const content = openImageReader(client, repository);
  const held: HeldTag[] = [];
  for (const tag of (await listTags(client, repository, options)) ?? []) {
    const root = await resolveHeld({ client, repository, reference: tag }, options);
    if (root === undefined) continue;
    const reference = formatReference(parseReference(`${client.host}/${repository}:${tag}`));
    const graph = await readImageGraph(root, content, options);
    held.push({ reference, id: root.digest, graph });
  }
  return held;
}
