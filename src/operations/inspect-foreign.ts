import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openCache } from '../content/cache.ts';
import type { ImageDescription, ImageSource } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { openEncoder } from '../compression/encoder.ts';
import { openArchiveFiles } from '../image-archive/archive-files.ts';
import { archiveSource } from '../image-archive/archive-source.ts';
import { listDockerArchive, listOciArchive } from '../image-archive/list-archive.ts';
import type { GraphManifest } from '../oci/image-graph.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatReference, withDefaultTag } from '../oci/reference.ts';
import type { InspectedImage, InspectedManifest, Inspection } from './inspect.ts';

/**
 * Looks into an archive or OCI layout that airkit did not write. Undefined for what is neither.
 *
 * @param path absolute
 * @throws AirkitError ARCHIVE_MALFORMED, CONTENT_INVALID, DISK_FAILED
 */
export async function inspectForeign(
  path: string,
  options: OperationOptions = {},
): Promise<Omit<Inspection, 'path'> | undefined> {
  const opened = await openForeign(path, options);
  if (opened === undefined) return undefined;
  const { kind, source } = opened;
  const { images: listed, skipped } = await source.list(options);
  const descriptions = await source.describe(listed, options);
  const images = listed.flatMap(({ reference }, position) => {
    const description = descriptions[position];
    return description === undefined
      ? []
      : [describe(formatReference(withDefaultTag(reference)), description)];
  });
  return {
    kind,
    images,
    storedBytes: storedBytes(images),
    findings: skipped.map((message) => ({
      code: 'NAMELESS',
      severity: 'warning' as const,
      message,
    })),
  };
}

interface OpenedForeign {
  readonly kind: Exclude<Inspection['kind'], 'kit'>;
  readonly source: ImageSource;
}

async function openForeign(
  path: string,
  options: OperationOptions,
): Promise<OpenedForeign | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isDirectory()) {
    if ((await stat(join(path, 'oci-layout')).catch(() => undefined)) === undefined)
      return undefined;
    const { openLayoutSource } = await import('../transports/oci/source.ts');
    return { kind: 'oci', source: await openLayoutSource(path) };
  }
  const files = await openArchiveFiles(path, options);
  // Describing neither reads from the cache nor writes to it, so any folder will do.
  const target = { cache: openCache(join(path, 'no-cache')), encoder: await openEncoder('none') };
  const isOci =
    files.resolve('manifest.json') === undefined && files.resolve('index.json') !== undefined;
  const listing = isOci ? await listOciArchive(files) : await listDockerArchive(files);
  const kind = isOci ? 'oci-archive' : 'docker-archive';
  return { kind, source: archiveSource(files, listing, target) };
}

function describe(reference: string, description: ImageDescription): InspectedImage {
  if ('graph' in description) {
    const { root, manifests } = description.graph;
    return { reference, root: root.digest, manifests: manifests.map(describeManifest) };
  }
  const { platform, imageId, layers } = description.estimate;
  if (imageId === undefined) throw new Error('an archive tells the config of its images');
  const plain = layers.map(({ diffId, plainSize }) => ({
    diffID: diffId,
    size: plainSize,
    isPresent: true,
  }));
  return { reference, manifests: [{ platform, imageId, layers: plain }] };
}

function describeManifest({
  descriptor,
  platform,
  config,
  layers,
  isHeld,
}: GraphManifest): InspectedManifest {
  return {
    platform: formatPlatform(platform),
    digest: descriptor.digest,
    imageId: config.digest,
    layers: layers.map((layer) => ({
      digest: layer.descriptor.digest,
      diffID: layer.diffId,
      mediaType: layer.descriptor.mediaType,
      size: layer.descriptor.size,
      isPresent: isHeld,
    })),
  };
}

function storedBytes(images: readonly InspectedImage[]): number {
  const sizes = new Map<string, number>();
  for (const { digest, diffID, size, isPresent } of images.flatMap(({ manifests }) =>
    manifests.flatMap(({ layers }) => layers),
  )) {
    if (isPresent) sizes.set(digest ?? diffID ?? '', size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
