import { AirkitError } from '../errors.ts';
import { measureSpace, requireSpace } from '../content/free-space.ts';
import type { TargetImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { parseReference } from '../oci/reference.ts';
import type { SigningKey } from '../signing/private-key.ts';
import { warnAbout } from './describe-bundle.ts';
import type { GatheredImages } from './gather-images.ts';
import type { Host } from './host.ts';
import { nameImageSet } from './image-set.ts';
import { joinFailures } from './join-failures.ts';
import { packImages } from './pack-images.ts';
import type { VerifiedKit } from './require-verified.ts';
import { writeImageSet } from './save.ts';

/** One side of a conversion. */
export interface ConversionPlace {
  readonly format: 'docker-archive' | 'oci-archive' | 'oci' | 'kit';
  /** Absolute. */
  readonly path: string;
}

export interface Conversion {
  readonly gathered: GatheredImages;
  readonly to: ConversionPlace;
  readonly key: SigningKey | undefined;
  /** What is converted, when it is a kit: another kit keeps its name. */
  readonly kit: VerifiedKit | undefined;
}

/**
 * Writes gathered images in the format asked for.
 *
 * @returns warnings
 * @throws AirkitError OUTPUT_EXISTS, OUTPUT_BUSY, NO_SPACE, DISK_FAILED, TARGET_FAILED, and what blobs give
 */
export async function writeConverted(
  host: Host,
  { gathered, to, key, kit }: Conversion,
  options: WritingOptions,
): Promise<readonly string[]> {
  const { force = false } = options;
  if (to.format === 'kit') return writeKitFolder({ gathered, to, key, kit }, options);
  if (to.format === 'oci') return writeLayout(gathered, to.path, options);
  const { images, warnings } = await writeImageSet(
    host,
    { gathered, output: to.path, force },
    options,
  );
  if (to.format === 'oci-archive') return warnings;
  const hidden = images.filter(({ imageId }) => imageId === undefined);
  return [
    ...warnings,
    ...hidden.map(
      ({ reference }) =>
        `${reference}: it has no image for Linux, so only tools that read OCI layouts see it`,
    ),
  ];
}

export interface WritingOptions extends OperationOptions {
  /** Replaces what is there; of an OCI layout, adds to it. Default false. */
  readonly force?: boolean | undefined;
}

async function writeLayout(
  { images, plan }: GatheredImages,
  folder: string,
  options: OperationOptions,
): Promise<readonly string[]> {
  const neededBytes = plan.totals.blobBytes;
  requireSpace(await measureSpace([{ path: folder, neededBytes }]), 'Free some space there.');
  const { openLayoutTarget } = await import('../transports/oci/target.ts');
  await using target = await openLayoutTarget(folder);
  options.onProgress?.({ kind: 'phase', phase: 'write', bytes: neededBytes });
  const wanted = images.flatMap(({ input, image, exact }): TargetImage[] =>
    image === undefined || exact === undefined
      ? []
      : [{ ...image, reference: parseReference(input.reference), graph: carriedOnly(exact.graph) }],
  );
  const { results } = await target.load(wanted, options);
  const failed = results.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    throw new AirkitError('TARGET_FAILED', `${failed.reference}: ${failed.message ?? ''}`);
  return warnAbout(images);
}

/** Layers of platforms that were not asked for stay behind. */
function carriedOnly<Graph extends NonNullable<GatheredImages['images'][number]['exact']>['graph']>(
  graph: Graph,
): Graph {
  const manifests = graph.manifests.map((manifest) => ({
    ...manifest,
    isHeld: manifest.isHeld && graph.carried.includes(manifest),
  }));
  return { ...graph, manifests };
}

async function writeKitFolder(
  { gathered, to, key, kit }: Conversion,
  options: WritingOptions,
): Promise<readonly string[]> {
  const { images, context } = gathered;
  const ids = images.map(({ input }) => ({ reference: input.reference, id: input.root ?? '' }));
  const { name, version } = kit?.index ?? nameImageSet(ids);
  const { serial, expires } = kit?.index ?? {};
  const bundle = {
    name,
    version,
    ...(serial === undefined ? {} : { serial }),
    ...(expires === undefined ? {} : { expires }),
    images: [],
    containers: [],
    rename: [],
    output: { path: to.path, layers: 'zstd' as const },
  };
  const target = { bundle, context: { ...context, path: to.path }, folder: to.path, key };
  const packed = await packImages(images, target, options);
  if (packed === undefined) throw joinFailures(context.failures.all);
  return packed.warnings;
}
