import { AirkitError } from '../errors.ts';
import { by } from '../oci/compare.ts';
import { bareDescriptor, type Descriptor } from '../oci/descriptor.ts';
import { OCI_LAYOUT_BYTES } from '../oci/layout-documents.ts';
import { parseDigest, type Digest } from '../oci/digest.ts';
import {
  MAX_DOCKER_MANIFEST_BYTES,
  PORTABLE_DOCKER_MANIFEST_BYTES,
} from '../oci/docker-manifest.ts';
import type { CarriedGraph, GraphManifest } from '../oci/image-graph.ts';
import { referrerBlobs } from '../oci/referrer.ts';
import type { Plan } from '../plan/plan.ts';
import {
  formatBundleIndex,
  MAX_BUNDLE_INDEX_BYTES,
  type AbsentBlob,
  type BundleIndex,
} from './bundle-index.ts';
import { describeImage, type ImageNames } from './describe-image.ts';
import { layOut, type ArchiveLayout } from './layout.ts';
import {
  compareImages,
  formatImagesTxt,
  formatIndexJson,
  formatManifestJson,
} from './stock-views.ts';

/** An image as the archive will hold it. */
export interface ArchiveImage {
  readonly names: ImageNames;
  readonly graph: CarriedGraph;
  /** The manifest that manifest.json shows. */
  readonly primary?: GraphManifest | undefined;
  readonly uncompressedSizes?: ReadonlyMap<Digest, number> | undefined;
}

/** What bundle.json says beside the images. */
export type BundleHeader = Omit<BundleIndex, 'images' | 'members' | 'absent'>;

/** An archive that is complete but for the blobs' bytes. */
export interface AssembledArchive {
  readonly index: BundleIndex;
  /** Bytes of bundle.json. */
  readonly indexBytes: Uint8Array;
  readonly layout: ArchiveLayout;
  /** Bytes of images.txt. */
  readonly imagesTxt: Uint8Array;
  readonly warnings: readonly string[];
}

/**
 * Assembles an archive: a pure function of the images, so the same images give the same bytes.
 *
 * @param plan of the same images, which decides the order of the blobs
 * @throws AirkitError UNSUPPORTED when manifest.json would be larger than any engine reads
 */
export function assembleArchive(
  header: BundleHeader,
  { images, plan }: { readonly images: readonly ArchiveImage[]; readonly plan: Plan },
): AssembledArchive {
  const sorted = images.toSorted(by(({ names }) => names.reference));
  const described = sorted.map(({ names, graph, uncompressedSizes }) =>
    describeImage(names, graph, uncompressedSizes),
  );
  const manifestJson = formatManifestJson(sorted.flatMap(dockerView));
  const layout = layOut({
    ociLayout: OCI_LAYOUT_BYTES,
    blobs: orderedBlobs(sorted, plan),
    indexJson: formatIndexJson(described.toSorted(compareImages)),
    manifestJson,
  });
  const absent = absentBlobs(sorted, plan);
  const tables = { images: described, members: layout.members, absent };
  const index: BundleIndex = { ...forPlan(header, plan), ...tables };
  return {
    index,
    indexBytes: requireReadable(formatBundleIndex(index)),
    layout,
    imagesTxt: formatImagesTxt(described, absent),
    warnings: warnAboutSize(manifestJson.byteLength),
  };
}

function dockerView({
  names,
  primary,
}: ArchiveImage): Parameters<typeof formatManifestJson>[0][number][] {
  if (primary === undefined) return [];
  const { config, layers } = primary;
  return [
    { reference: names.reference, config, layers: layers.map(({ descriptor }) => descriptor) },
  ];
}

function orderedBlobs(images: readonly ArchiveImage[], plan: Plan): Descriptor[] {
  const descriptors = new Map<string, Descriptor>();
  for (const { graph } of images) {
    const referrers = (graph.referrers ?? []).flatMap(referrerBlobs);
    for (const descriptor of [...graph.indexes, ...graph.manifests.flatMap(allOf), ...referrers]) {
      descriptors.set(descriptor.digest, bareDescriptor(descriptor));
    }
  }
  return plan.blobs.map(({ key }) => {
    const descriptor = descriptors.get(key);
    if (descriptor === undefined) throw new Error(`the plan holds ${key}, which no image has`);
    return descriptor;
  });
}

function allOf({ descriptor, config, layers }: GraphManifest): Descriptor[] {
  return [descriptor, config, ...layers.map((layer) => layer.descriptor)];
}

/** Bases are named only where something is left to them: else the kit is a full one like any other. */
function forPlan({ bases, ...header }: BundleHeader, { leftOut }: Plan): BundleHeader {
  return leftOut.length === 0 || bases === undefined ? header : { ...header, bases };
}

/** What one image leaves behind another may carry; then it is not absent. */
function absentBlobs(images: readonly ArchiveImage[], plan: Plan): AbsentBlob[] {
  const carried = new Set(plan.blobs.map(({ key }) => key));
  const absent = new Map<string, AbsentBlob>();
  for (const { digest, size } of images.flatMap(({ graph }) => graph.absent)) {
    if (!carried.has(digest)) absent.set(digest, { digest, size, reason: 'platform' });
  }
  for (const { key, size } of plan.leftOut)
    absent.set(key, { digest: parseDigest(key, 'a plan'), size, reason: 'base' });
  return [...absent.values()].toSorted(by(({ digest }) => digest));
}

function requireReadable(index: Uint8Array): Uint8Array {
  if (index.byteLength <= MAX_BUNDLE_INDEX_BYTES) return index;
  throw new AirkitError(
    'UNSUPPORTED',
    `bundle.json would have ${index.byteLength} bytes, at most ${MAX_BUNDLE_INDEX_BYTES} are read`,
    {
      hint: 'Split the bundle in two.',
    },
  );
}

function warnAboutSize(bytes: number): string[] {
  if (bytes > MAX_DOCKER_MANIFEST_BYTES) {
    throw new AirkitError(
      'UNSUPPORTED',
      `manifest.json would have ${bytes} bytes, and no engine reads more than ${MAX_DOCKER_MANIFEST_BYTES}`,
      {
        hint: 'Split the bundle in two.',
      },
    );
  }
  if (bytes <= PORTABLE_DOCKER_MANIFEST_BYTES) return [];
  return [
    `manifest.json has ${bytes} bytes; podman and skopeo read no more than ${PORTABLE_DOCKER_MANIFEST_BYTES}`,
  ];
}
