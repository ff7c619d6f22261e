import { assembleArchive, type AssembledArchive } from '../archive/assemble-archive.ts';
import type { BlobFailure } from '../archive/fill-blob.ts';
import { heldBytes } from '../archive/kit-folder.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Plan } from '../plan/plan.ts';
import type { SigningKey } from '../signing/private-key.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { originsOf } from './blob-origins.ts';
import { subjectOf, warnAbout, type DescribedImage } from './describe-bundle.ts';
import { archiveSize } from './fill-archive.ts';
import { cutArchive } from '../archive/volumes.ts';
import { lacksRoom, measureSpace, requireSpace, type FreeSpace } from '../content/free-space.ts';
import type { FailureLog } from './image-failures.ts';
import type { KitLoader } from './kit-loaders.ts';
import { areTolerable, missingImages, type MissingImage } from './join-failures.ts';
import {
  archiveImages,
  atHand,
  bundleHeader,
  planImages,
  type PlanContext,
} from './plan-bundle.ts';
import { writeKit, type UnfinishedKit, type WrittenKit } from './write-kit.ts';

export interface PackedImages extends WrittenKit {
  readonly plan: Plan;
  /** Images that the kit was made without. */
  readonly missing: readonly MissingImage[];
  readonly warnings: readonly string[];
}

/** Where resolved images go. */
export interface PackTarget {
  readonly bundle: BundleSpec;
  readonly context: PlanContext;
  /** The kit folder, absolute. */
  readonly folder: string;
  /** Of the signatures; may still be being opened. Default: none. */
  readonly key: SigningKey | Promise<SigningKey> | undefined;
  /** Executables that go into it. Default none. */
  readonly loaders?: readonly KitLoader[] | undefined;
}

export interface PackRules extends OperationOptions {
  /** Makes the kit without the images that fail. Default false. */
  readonly allowMissing?: boolean | undefined;
  /** Replaces a kit that is there. Default false. */
  readonly force?: boolean | undefined;
}

/**
 * Packs images whose documents are at hand. An image that turns out to lack a blob is noted; the others are fetched
 * all the same. Then, where images may be missing, the kit is planned again without it, from what has been fetched. A
 * pack that cannot succeed any more still fetches what registries give, for the next one.
 *
 * @returns undefined when no kit results; the context's failures say why
 * @throws AirkitError OUTPUT_BUSY, DISK_FAILED, NO_SPACE, CACHE_DAMAGED, UNSUPPORTED for too many images or volumes
 */
export async function packImages(
  images: readonly DescribedImage[],
  target: PackTarget,
  rules: PackRules,
): Promise<PackedImages | undefined> {
  const { failures } = target.context;
  let left = images;
  for (;;) {
    const isBoundToFail = failures.all.length > 0 && !mayLack(failures, rules);
    if (isBoundToFail) left = left.filter(isDownloaded);
    if (failures.all.length > 0 && left.length === 0) return undefined;
    const outcome = await attemptKit(left, { ...target, isBoundToFail }, rules);
    if (outcome === undefined || 'path' in outcome) return outcome;
    left = withoutFailed(left, outcome.failures, failures);
    if (isBoundToFail || !mayLack(failures, rules)) return undefined;
  }
}

async function attemptKit(
  images: readonly DescribedImage[],
  target: PackTarget & { readonly isBoundToFail: boolean },
  rules: PackRules,
): Promise<PackedImages | UnfinishedKit | undefined> {
  const { folder, key, context, isBoundToFail, loaders } = target;
  const plan = planImages(images, context);
  const assembled = assemble(images, plan, target);
  cutArchive(archiveSize(assembled), target.bundle.output.volumeSize);
  const space = await roomFor(assembled, target);
  if (isBoundToFail && space.some(lacksRoom)) return undefined;
  requireSpace(space);
  const written = await writeKit(
    {
      folder,
      key,
      assembled,
      volumeSize: target.bundle.output.volumeSize,
      isBoundToFail,
      loaders,
      originsOf: originsOf(images, atHand(context)),
      replaces: rules.force ?? false,
      pid: context.host.pid,
    },
    rules,
  );
  if (!('path' in written)) return written;
  const missing = missingImages(context.failures.all);
  return { ...written, plan, missing, warnings: [...warnAbout(images), ...assembled.warnings] };
}

function mayLack({ all }: FailureLog, { allowMissing = false }: PackRules): boolean {
  return allowMissing && areTolerable(all);
}

/** Local media are as good the next time, and were read whole when their layers were proved. */
function isDownloaded({ chosen }: DescribedImage): boolean {
  return chosen.selector.from.transport === 'registry';
}

function assemble(
  described: readonly DescribedImage[],
  plan: Plan,
  { bundle, context }: PackTarget,
): AssembledArchive {
  const images = archiveImages(described);
  if (images === undefined) throw new Error('a resolved image is not exact');
  return assembleArchive(bundleHeader(bundle, context), { images, plan });
}

/** What an unfinished kit takes up already needs no more room. */
async function roomFor(
  assembled: AssembledArchive,
  { folder, loaders = [] }: PackTarget,
): Promise<FreeSpace[]> {
  const kitBytes = loaders.reduce((sum, { size }) => sum + size, archiveSize(assembled));
  const neededBytes = Math.max(0, kitBytes - (await heldBytes(folder)));
  return measureSpace([{ path: folder, neededBytes }]);
}

/** Notes every image that has one of the blobs. @returns the others */
function withoutFailed(
  images: readonly DescribedImage[],
  blobs: readonly BlobFailure[],
  failures: FailureLog,
): DescribedImage[] {
  const failed = new Set<DescribedImage>();
  for (const { descriptor, error } of blobs) {
    const users = images.filter(({ input }) =>
      input.blobs.some(({ key }) => key === descriptor.digest),
    );
    for (const user of users.filter((one) => !failed.has(one))) {
      failures.note(subjectOf(user.chosen), error);
      failed.add(user);
    }
  }
  return images.filter((image) => !failed.has(image));
}
