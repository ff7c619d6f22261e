import type { Readable } from 'node:stream';
import type { Image } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { dockerItems, formatDockerManifest } from '../oci/docker-manifest.ts';
import { heldDescriptors } from '../oci/image-graph.ts';
import { formatReference } from '../oci/reference.ts';
import { packTar, type TarInput } from '../tar/pack-tar.ts';
import { layoutFiles, smallFile } from './layout-files.ts';

/**
 * An archive of one image of one platform that every tool loads: an OCI layout, and over the same blobs the manifest.json of
 * Docker archives, last. The same image gives the same bytes.
 *
 * @throws AirkitError while it is read: what the image's content throws
 */
export async function singleImageArchive(
  image: Image,
  options: OperationOptions = {},
): Promise<Readable> {
  const { root, content } = image;
  const reference = formatReference(image.reference);
  const graph = await readImageGraph(root, content, options);
  const blobs = heldDescriptors(graph).map((target) => ({
    target,
    body: content.fetch(target, options),
  }));
  const items = graph.manifests.map(({ config, layers }) => ({
    reference,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  }));
  async function* files(): AsyncGenerator<TarInput, void> {
    yield* layoutFiles(blobs, [{ reference, root }]);
    yield smallFile('manifest.json', formatDockerManifest(dockerItems(items)));
  }
  return packTar(files());
}
