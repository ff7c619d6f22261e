import { isAirkitError, type Problem } from '../errors.ts';
import type { AbsentBlob, BundleIndex, BundleImage } from '../archive/bundle-index.ts';
import { inspectForeign } from './inspect-foreign.ts';
import { resolvePath, type Host } from './host.ts';
import type { OpenKitOptions } from './open-kit.ts';
import { readKit, type ReadKit } from './read-kit.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { REF_NAME } from '../oci/layout-documents.ts';
import { formatPlatform } from '../oci/platform.ts';

/** What is in a kit, an archive or an OCI layout. */
export interface Inspection {
  readonly path: string;
  readonly kind: 'kit' | 'docker-archive' | 'oci-archive' | 'oci';
  /** bundle.json of a kit, as it stands there; nothing says that it can be trusted. */
  readonly index?: BundleIndex | undefined;
  readonly images: readonly InspectedImage[];
  /** Bytes of all configs and layers that are there, each once. */
  readonly storedBytes: number;
  /** What signatures say of a kit, and names that could not be read. */
  readonly findings: readonly Problem[];
}

export interface InspectedImage {
  readonly reference: string;
  readonly original?: string | undefined;
  readonly from?: string | undefined;
  readonly pattern?: string | undefined;
  /** Undefined for images of Docker archives, which have no manifest. */
  readonly root?: string | undefined;
  readonly manifests: readonly InspectedManifest[];
  /** Of kits: signatures, SBOMs and attestations that come along. */
  readonly referrers?: readonly InspectedReferrer[] | undefined;
}

export interface InspectedReferrer {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  /** The tag of cosign under which it is found. */
  readonly tag?: string | undefined;
}

export interface InspectedManifest {
  readonly platform: string;
  readonly digest?: string | undefined;
  readonly imageId: string;
  readonly layers: readonly InspectedLayer[];
}

export interface InspectedLayer {
  readonly digest?: string | undefined;
  readonly diffID?: string | undefined;
  readonly mediaType?: string | undefined;
  /** Bytes as stored. */
  readonly size: number;
  /** False for layers that the kit leaves out. */
  readonly isPresent: boolean;
  /** Why it is not there: for another platform, or left to a base. */
  readonly absent?: AbsentBlob['reason'] | undefined;
}

export interface InspectOptions extends OpenKitOptions {
  readonly trust?: readonly string[] | undefined;
}

/**
 * Looks into a kit, or an archive or layout of any tool. Blobs are not read; a kit's signatures are judged and what they
 * say is told.
 *
 * @throws AirkitError USAGE, ARCHIVE_MALFORMED, CONTENT_INVALID, DISK_FAILED
 */
export async function inspect(
  host: Host,
  path: string,
  options: InspectOptions = {},
): Promise<Inspection> {
  let kit: ReadKit;
  try {
    kit = await readKit(host, path, options);
  } catch (error) {
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED', 'USAGE')) throw error;
    const foreign = await inspectForeign(resolvePath(host, path), options);
    if (foreign === undefined) throw error;
    return { ...foreign, path };
  }
  const { index, findings } = kit;
  const absent = new Map(index.absent.map(({ digest, reason }) => [digest, reason]));
  const blobs = index.members.filter((member) => member.path.startsWith('blobs/'));
  return {
    path,
    kind: 'kit',
    index,
    images: index.images.map((image) => describe(image, absent)),
    storedBytes: blobs.reduce((sum, { size }) => sum + size, 0),
    findings,
  };
}

function describe(
  image: BundleImage,
  absent: ReadonlyMap<Digest, AbsentBlob['reason']>,
): InspectedImage {
  const { reference, original, from, pattern, root } = image;
  const manifests = image.manifests.map(({ platform, descriptor, config, layers }) => ({
    platform: formatPlatform(platform),
    digest: descriptor.digest,
    imageId: config.digest,
    layers: layers.map((layer) => ({
      digest: layer.descriptor.digest,
      diffID: layer.diffID,
      mediaType: layer.descriptor.mediaType,
      size: layer.descriptor.size,
      isPresent: !absent.has(layer.descriptor.digest),
      absent: absent.get(layer.descriptor.digest),
    })),
  }));
  const referrers = image.referrers.map(describeReferrer);
  return { reference, original, from, pattern, root: root.digest, manifests, referrers };
}

function describeReferrer({
  digest,
  mediaType,
  artifactType,
  annotations,
}: Descriptor): InspectedReferrer {
  return { digest, mediaType, artifactType, tag: annotations?.[REF_NAME] };
}
