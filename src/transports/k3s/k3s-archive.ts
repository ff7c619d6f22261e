import type { TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { countBytes, expectBlobs, reportBytes } from '../../content/count-bytes.ts';
import { layoutFiles, smallFile, type StreamedBlob } from '../../image-archive/layout-files.ts';
import type { Digest } from '../../oci/digest.ts';
import { dockerItems, formatDockerManifest } from '../../oci/docker-manifest.ts';
import {
  carriedDescriptors,
  carryManifests,
  heldPlatforms,
  type CarriedGraph,
  type GraphManifest,
} from '../../oci/image-graph.ts';
import { formatLayoutIndex, namedDescriptor, type NamedRoot } from '../../oci/layout-documents.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { formatPlatform, samePlatform } from '../../oci/platform.ts';
import { canonicalName, formatReference } from '../../oci/reference.ts';
import type { TarInput } from '../../tar/pack-tar.ts';

/** An image that goes into the archive. */
export interface IncludedImage {
  readonly image: TargetImage;
  readonly graph: CarriedGraph;
  /** The manifest that manifest.json shows, for RKE2's bootstrap. */
  readonly primary: GraphManifest;
}

/** The archive before its bytes. */
export interface K3sArchive {
  /** Each digest once, and the image that it is read from. */
  readonly blobs: ReadonlyMap<Digest, { readonly target: Descriptor; readonly image: TargetImage }>;
  readonly names: readonly NamedRoot[];
  readonly indexJson: Uint8Array;
  readonly manifestJson: Uint8Array;
}

/**
 * What of an image goes along: every platform that is at hand, or those that a person asked for. Which one the nodes
 * run is not known here, and they may differ. An image that is no index goes along whatever its platform. Documents of
 * all platforms are among it: k3s imports all of an index.
 *
 * @returns why it cannot, as text, where nothing of it can
 */
export function includeImage(image: TargetImage): IncludedImage | string {
  const { graph } = image;
  const platforms = graph.indexes.length === 0 ? undefined : image.platforms;
  const isWanted = ({ platform, isImage, isHeld }: GraphManifest): boolean =>
    isImage && isHeld && (platforms?.some((one) => samePlatform(one, platform)) ?? true);
  const primary = graph.manifests.find(isWanted);
  if (primary !== undefined) return { image, primary, graph: carryManifests(graph, isWanted) };
  const wish =
    platforms === undefined ? '' : `, not for ${platforms.map(formatPlatform).join(', ')}`;
  return `the kit holds it for ${heldPlatforms(graph).join(', ')}${wish}`;
}

/** Lays out the archive: a function of the images alone, so equal kits give equal files. */
export function layOutArchive(included: readonly IncludedImage[]): K3sArchive {
  const blobs = new Map<Digest, { target: Descriptor; image: TargetImage }>();
  for (const { image, graph } of included)
    for (const target of carriedDescriptors(graph))
      if (!blobs.has(target.digest)) blobs.set(target.digest, { target, image });
  const names = uniqueNames(included.flatMap(({ image }) => namesOf(image)));
  const items = dockerItems(
    included.map(({ image, primary }) => ({
      reference: formatReference(image.reference),
      config: primary.config,
      layers: primary.layers.map(({ descriptor }) => descriptor),
    })),
  );
  return {
    blobs,
    names,
    indexJson: formatLayoutIndex(names.map(namedDescriptor)),
    manifestJson: formatDockerManifest(items),
  };
}

/** The files of the archive; tables of contents last, so that nothing takes a part of it for the whole. */
export async function* archiveFiles(
  { blobs, names, manifestJson }: K3sArchive,
  onSent: (bytes: number) => void,
  options: OperationOptions,
): AsyncGenerator<TarInput, void> {
  yield* layoutFiles(bodies(blobs, onSent, options), names);
  yield smallFile('manifest.json', manifestJson);
}

function* bodies(
  blobs: K3sArchive['blobs'],
  onSent: (bytes: number) => void,
  options: OperationOptions,
): Generator<StreamedBlob, void> {
  expectBlobs(
    Array.from(blobs.values(), ({ target }) => target),
    options,
  );
  for (const { target, image } of blobs.values()) {
    const bytes = reportBytes(image.content.fetch(target, options), options);
    yield { target, body: countBytes(bytes, onSent) };
  }
}

/** Bytes of the file, at most: two tar blocks with each blob. */
export function archiveBytes({ blobs, indexJson, manifestJson }: K3sArchive): number {
  const TABLES = 8192;
  const tables = indexJson.byteLength + manifestJson.byteLength + TABLES;
  return [...blobs.values()].reduce((sum, { target }) => sum + target.size + 1024, tables);
}

/** The reference, and REPOSITORY@DIGEST, under which Kubernetes looks for pinned images. */
function namesOf({ reference, root }: TargetImage): NamedRoot[] {
  const pin = `${canonicalName(reference)}@${root.digest}`;
  return [formatReference(reference), pin].map((name) => ({ reference: name, root }));
}

function uniqueNames(names: readonly NamedRoot[]): NamedRoot[] {
  return [...new Map(names.map((name) => [name.reference, name])).values()];
}
