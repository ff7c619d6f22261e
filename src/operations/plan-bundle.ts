import {
  assembleArchive,
  type ArchiveImage,
  type BundleHeader,
} from '../archive/assemble-archive.ts';
import type { BundleBase } from '../archive/bundle-bases.ts';
import { BUNDLE_INDEX_MEDIA_TYPE } from '../archive/bundle-index.ts';
import { heldBytes } from '../archive/kit-folder.ts';
import { loadScript } from '../archive/load-script.ts';
import { referrerBlobs } from '../oci/referrer.ts';
import { heldByBases, type LayerStack } from '../plan/held-by-bases.ts';
import { cutArchive } from '../archive/volumes.ts';
import { buildPlan, type Plan } from '../plan/plan.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { VERSION } from '../version.ts';
import { sumOrigins, type ContentAtHand, type Origin } from './blob-origins.ts';
import type { ChooseContext } from './choose-images.ts';
import { warnAbout, type DescribedImage } from './describe-bundle.ts';
import { measureSpace, type FreeSpace } from '../content/free-space.ts';
import { createdOf } from './host.ts';
import { archiveSize } from './fill-archive.ts';
import type { PackBase } from './pack-bases.ts';

/** What a bundle would cost. */
export interface BundlePlan {
  readonly name: string;
  readonly version: string;
  /** The kit folder, absolute. */
  readonly path: string;
  readonly plan: Plan;
  readonly kit: KitSize;
  /** What it is planned against, sorted by digest. */
  readonly bases: readonly BundleBase[];
  /** At the kit folder, then in the cache. */
  readonly space: readonly FreeSpace[];
  /** Where the bytes of the blobs come from. */
  readonly origins: readonly Origin[];
  /** Why sources cannot offer some of their images. */
  readonly skipped: readonly string[];
  /** All that people should know, `skipped` included. */
  readonly warnings: readonly string[];
}

export interface KitSize {
  /** Of all files but the signatures. */
  readonly bytes: number;
  readonly kind: 'exact' | 'upperBound';
  /** Volumes of the archive; undefined where it is one file, or its size is not exact. */
  readonly volumes?: number | undefined;
}

/** Headers and padding of a member, and what bundle.json says of it, at most. In bytes. */
const BOUND_PER_BLOB = 2 * 512 + 1024;
const BOUND_PER_IMAGE = 4096;
const BOUND_PER_KIT = 64 * 1024;

export interface PlanContext extends ChooseContext {
  /** The kit folder, absolute. */
  readonly path: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** What all of them hold is left out. */
  readonly bases?: readonly PackBase[] | undefined;
}

export interface PlanQuestion {
  readonly bundle: BundleSpec;
  readonly context: PlanContext;
  readonly skipped: readonly string[];
}

/**
 * Plans a bundle from metadata alone, once its images have been described.
 *
 * @throws AirkitError DISK_FAILED; UNSUPPORTED for too many volumes
 */
export async function planDescribed(
  described: readonly DescribedImage[],
  { bundle, context, skipped }: PlanQuestion,
): Promise<BundlePlan> {
  const plan = planImages(described, context);
  const kit = sizeOfKit(plan, described, {
    header: bundleHeader(bundle, context),
    volumeSize: bundle.output.volumeSize,
  });
  const unknown = [...plan.blobs, ...plan.leftOut].filter(({ exact }) => !exact);
  const space = await measureSpace([
    {
      path: context.path,
      neededBytes: Math.max(0, kit.bytes - (await heldBytes(context.path))),
    },
    {
      path: context.target.cache.folder,
      neededBytes: unknown.reduce((sum, { size }) => sum + size, 0),
    },
  ]);
  const { name, version } = bundle;
  return {
    name,
    version,
    path: context.path,
    plan,
    kit,
    bases: basesOf(context),
    space,
    origins: await sumOrigins(plan, described, atHand(context)),
    skipped,
    warnings: [...skipped, ...warnAbout(described)],
  };
}

/** The plan of images, without the layers that all bases hold. */
export function planImages(
  images: readonly DescribedImage[],
  { bases = [] }: Pick<PlanContext, 'bases'>,
): Plan {
  const held = heldByBases(
    images.flatMap(layerStacks),
    bases.map(({ content }) => content),
  );
  return buildPlan(
    images.map(({ input }) => input),
    held,
  );
}

function layerStacks({ exact, input, diffIds }: DescribedImage): LayerStack[] {
  const layers = input.blobs.filter(({ kind }) => kind === 'layer');
  const known = diffIds?.length === layers.length ? diffIds : [];
  if (exact === undefined)
    return [layers.map(({ key }, position) => ({ key, diffId: known[position] }))];
  const { carried, referrers = [] } = exact.graph;
  const stacks = carried.map(({ layers: stack }) =>
    stack.map(({ descriptor, diffId }) => ({ key: descriptor.digest, diffId })),
  );
  const others = referrers.flatMap(referrerBlobs).map(({ digest }) => ({ key: digest }));
  return [...stacks, others];
}

/** What a bundle is packed against, as its index names it. */
export function basesOf({ bases = [] }: Pick<PlanContext, 'bases'>): BundleBase[] {
  return bases.map(({ described }) => described);
}

/** What need not be fetched from the sources of a bundle. */
export function atHand({ target, kits = [] }: PlanContext): ContentAtHand {
  return { cache: target.cache, kits };
}

/** What bundle.json says beside the images; no clock, no path of this machine. */
export function bundleHeader(bundle: BundleSpec, context: PlanContext): BundleHeader {
  const { name, version, serial, expires } = bundle;
  const { host, target, annotations } = context;
  const bases = basesOf(context);
  const created = createdOf(host);
  return {
    mediaType: BUNDLE_INDEX_MEDIA_TYPE,
    name,
    version,
    ...(serial === undefined ? {} : { serial }),
    ...(expires === undefined ? {} : { expires }),
    ...(created === undefined ? {} : { created }),
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
    tool: { name: 'airkit', version: VERSION, encoder: target.encoder.id },
    ...(bases.length === 0 ? {} : { bases }),
  };
}

/** Images as the archive will hold them; undefined while something is not exact. */
export function archiveImages(described: readonly DescribedImage[]): ArchiveImage[] | undefined {
  const images = described.flatMap(({ input, exact, uncompressedSizes }) => {
    if (exact === undefined) return [];
    const { reference, original, from, pattern } = input;
    const { graph, primary } = exact;
    return [
      {
        names: { reference, original, from, pattern },
        graph,
        primary,
        uncompressedSizes,
      },
    ];
  });
  return images.length === described.length ? images : undefined;
}

function sizeOfKit(
  plan: Plan,
  described: readonly DescribedImage[],
  {
    header,
    volumeSize,
  }: { readonly header: BundleHeader; readonly volumeSize?: number | undefined },
): KitSize {
  const images = archiveImages(described);
  if (images !== undefined && plan.totals.exact) {
    const assembled = assembleArchive(header, { images, plan });
    const files = cutArchive(archiveSize(assembled), volumeSize).map(({ name }) => name);
    const { indexBytes, imagesTxt } = assembled;
    const tables = [indexBytes, imagesTxt, loadScript()].reduce(
      (sum, { byteLength }) => sum + byteLength,
      sumsBytes(files),
    );
    const volumes = files.length > 1 ? { volumes: files.length } : {};
    return { bytes: archiveSize(assembled) + tables, kind: 'exact', ...volumes };
  }
  const bound =
    plan.blobs.length * BOUND_PER_BLOB + plan.images.length * BOUND_PER_IMAGE + BOUND_PER_KIT;
  return { bytes: plan.totals.blobBytes + bound, kind: 'upperBound' };
}

/** SHA256SUMS: a line for each file of the archive, and three. */
function sumsBytes(archive: readonly string[]): number {
  return ['bundle.json', ...archive, 'images.txt', 'load.sh'].reduce(
    (sum, name) => sum + 64 + 2 + name.length + 1,
    0,
  );
}
