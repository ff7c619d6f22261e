import {
  assembleArchive,
  type ArchiveImage,
  type BundleHeader,
} from '../archive/assemble-archive.ts';
import { BUNDLE_INDEX_MEDIA_TYPE } from '../archive/bundle-index.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { DiscoveredImage } from '../discovery/group-images.ts';
import { buildPlan, type Plan } from '../plan/plan.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { VERSION } from '../version.ts';
import type { Choice, ChooseContext } from './choose-images.ts';
import type { LockComparison } from './compare-lock.ts';
import { describeChosen, warnAbout, type DescribedImage } from './describe-bundle.ts';
import { measureSpace, type FreeSpace } from './free-space.ts';
import { createdOf } from './host.ts';
import { archiveSize } from './write-kit.ts';

/** What a bundle would cost. */
export interface BundlePlan {
  readonly name: string;
  readonly version: string;
  /** The kit folder, absolute. */
  readonly path: string;
  readonly plan: Plan;
  readonly kit: KitSize;
  /** At the kit folder, then in the cache. */
  readonly space: readonly FreeSpace[];
  readonly warnings: readonly string[];
  /** What has moved since the bundle was locked; undefined without a lock. */
  readonly lock?: LockComparison | undefined;
  /** What `discover` found in files, with every place. */
  readonly discovered?: readonly DiscoveredImage[] | undefined;
}

export interface KitSize {
  /** Of all files but the signatures. */
  readonly bytes: number;
  readonly kind: 'exact' | 'upperBound';
}

/** Headers and padding of a member, and what bundle.json says of it, at most. In bytes. */
const BOUND_PER_BLOB = 2 * 512 + 1024;
const BOUND_PER_IMAGE = 4096;
const BOUND_PER_KIT = 64 * 1024;

export interface PlanContext extends ChooseContext {
  /** The kit folder, absolute. */
  readonly path: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Plans a bundle from metadata alone, once its images have been chosen.
 *
 * @throws AirkitError as describing images does; DISK_FAILED
 */
export async function planChosen(
  choice: Choice,
  { bundle, context }: { readonly bundle: BundleSpec; readonly context: PlanContext },
  options: OperationOptions = {},
): Promise<BundlePlan> {
  const described = await describeChosen(choice.images, options);
  const plan = buildPlan(described.map(({ input }) => input));
  const kit = sizeOfKit(plan, described, bundleHeader(bundle, context));
  const unknown = plan.blobs.filter(({ exact }) => !exact);
  const space = await measureSpace([
    { path: context.path, neededBytes: kit.bytes },
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
    space,
    warnings: [...choice.skipped, ...warnAbout(described)],
  };
}

/** What bundle.json says beside the images; no clock, no path of this machine. */
export function bundleHeader(
  bundle: BundleSpec,
  { host, target, annotations }: PlanContext,
): BundleHeader {
  const { name, version, serial, expires } = bundle;
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
  header: BundleHeader,
): KitSize {
  const images = archiveImages(described);
  if (images !== undefined && plan.totals.exact) {
    const assembled = assembleArchive(header, { images, plan });
    const tables = assembled.indexBytes.byteLength + assembled.imagesTxt.byteLength + sumsBytes();
    return { bytes: archiveSize(assembled) + tables, kind: 'exact' };
  }
  const bound =
    plan.blobs.length * BOUND_PER_BLOB + plan.images.length * BOUND_PER_IMAGE + BOUND_PER_KIT;
  return { bytes: plan.totals.blobBytes + bound, kind: 'upperBound' };
}

/** SHA256SUMS of a kit with one archive: three lines. */
function sumsBytes(): number {
  return ['bundle.json', 'bundle.tar', 'images.txt'].reduce(
    (sum, name) => sum + 64 + 2 + name.length + 1,
    0,
  );
}
