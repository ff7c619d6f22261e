import { AirkitError } from '../../errors.ts';
import { decompress } from '../../compression/decompress.ts';
import type { LayerRecord } from '../../content/cache.ts';
import { readFileRange } from '../../content/file-bytes.ts';
import type { Image, ImageDescription, ImageSource, ListedImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { estimateImage } from '../../image-archive/estimate-image.ts';
import { flatImage, type FlatImageFacts } from '../../image-archive/flat-image.ts';
import { ingestLayer, requireDiffId, type IngestTarget } from '../../image-archive/ingest-layer.ts';
import { applyChanges } from '../../oci/dockerfile/change.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';
import type { Reference } from '../../oci/reference.ts';
import { formatFlatConfig } from '../../oci/runtime-config.ts';
import { scanRootfs, type RootfsScan } from './scan-rootfs.ts';

export interface RootfsRequest {
  /** Absolute. */
  readonly path: string;
  /** The name that the image gets. */
  readonly as: Reference;
  /** Dockerfile instructions that set its config; nothing else does. */
  readonly changes: readonly string[];
  /** What was asked for, as `os/architecture[/variant]`. One is taken at its word; else the programs in it tell. */
  readonly platforms?: readonly string[] | undefined;
  readonly created?: string | undefined;
}

/**
 * A tar of a root file system, as `docker export` writes it, plain or compressed with gzip, zstd, bzip2 or xz, as one image
 * of one layer. The file is read whole, so that its diffID is known before anything is encoded.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, also for an image archive; CONTENT_INVALID, DISK_FAILED; USAGE for changes
 * that are no instructions, and where nothing tells the platform
 */
export async function openRootfsSource(
  request: RootfsRequest,
  target: IngestTarget,
  options: OperationOptions = {},
): Promise<ImageSource> {
  const { path, as: reference, changes, created } = request;
  const runtime = applyChanges({}, changes);
  const scan = await scanRootfs(path, options);
  const facts = { reference, runtime, created, platform: platformOf(request, scan) };
  const opened: Opened = { path, facts, scan, target };
  const listed: ListedImage = { reference, labels: async () => runtime.Labels ?? {} };
  return {
    list: async () => ({ images: [listed], skipped: [] }),
    describe: async (images, call = {}) =>
      Promise.all(images.map(async () => describe(opened, call))),
    resolve: async (images, call = {}) => {
      const image = await resolve(opened, call);
      return images.map(() => image);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Opened {
  readonly path: string;
  readonly facts: FlatImageFacts;
  readonly scan: RootfsScan;
  readonly target: IngestTarget;
}

async function describe(
  { facts, scan, target }: Opened,
  options: OperationOptions,
): Promise<ImageDescription> {
  const layer = await target.cache.findLayer(scan.diffId, target.encoder.id);
  if (layer !== undefined) {
    const { root, content, uncompressedSizes } = flatImage(facts, layer, target);
    return { graph: await readImageGraph(root, content, options), uncompressedSizes };
  }
  const config = formatFlatConfig({ ...facts, diffId: scan.diffId });
  const layers = [{ diffId: scan.diffId, plainSize: scan.size }];
  return { estimate: await estimateImage({ config, layers }, target) };
}

async function resolve(opened: Opened, options: OperationOptions): Promise<Image> {
  const { facts, scan, target } = opened;
  const layer = await target.cache.findLayer(scan.diffId, target.encoder.id);
  return flatImage(facts, layer ?? (await encode(opened, options)), target);
}

/** However the file is compressed, the layer is encoded as the kit's layers are: the same files give the same blob. */
async function encode(
  { path, scan, target }: Opened,
  options: OperationOptions,
): Promise<LayerRecord> {
  const bytes = decompress(readFileRange({ path }, options), options);
  const layer = await ingestLayer(bytes, target, options);
  requireDiffId(layer.diffId, scan.diffId, `${path}: it changed while it was read`);
  return layer;
}

function platformOf({ path, platforms = [] }: RootfsRequest, scan: RootfsScan): Platform {
  const [only, ...others] = platforms;
  if (only !== undefined && others.length === 0) return parsePlatform(only);
  if (scan.platform !== undefined) return scan.platform;
  throw new AirkitError('USAGE', `${path}: nothing in it tells which platform it is for`, {
    hint: 'Give the selector one: platforms: [linux/amd64].',
    context: { path },
  });
}
