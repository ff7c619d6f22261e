import { isAirkitError } from '../errors.ts';
import { assembleArchive } from '../archive/assemble-archive.ts';
import { requireFreeOutput } from '../archive/kit-folder.ts';
import { openCache } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readImageGraph } from '../content/read-graph.ts';
import type { ContentReader } from '../content/content.ts';
import type { Digest } from '../oci/digest.ts';
import { openEncoder } from '../compression/encoder.ts';
import { buildPlan, type Plan } from '../plan/plan.ts';
import type { SigningKey } from '../signing/private-key.ts';
import type { BundleSpec } from '../spec/bundles-file.ts';
import { parseKeyLocation } from '../spec/key-location.ts';
import { chooseImages, type Choice, type ChosenImage } from './choose-images.ts';
import { describeResolved, perSource, warnAbout, type DescribedImage } from './describe-bundle.ts';
import { measureSpace, requireSpace } from './free-space.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { plan as planAll } from './plan-bundles.ts';
import { archiveImages, bundleHeader, planChosen } from './plan-bundle.ts';
import {
  outputFolder,
  readBundles,
  type BundleChoice,
  type ChosenBundles,
} from './read-bundles.ts';
import { proveLayers } from './prove-layers.ts';
import { openSigningKey } from './signing-key.ts';
import { archiveSize, writeKit, type WrittenKit } from './write-kit.ts';

export interface PackOptions extends OperationOptions, BundleChoice {
  /** Replaces a kit that is there. Default false. */
  readonly force?: boolean | undefined;
  /** A path, `env:NAME` or `exec:COMMAND`; stands in for the bundles file's `sign`. */
  readonly key?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface PackedKit extends WrittenKit {
  readonly name: string;
  readonly version: string;
  readonly plan: Plan;
  /** Key id of the signer; undefined for an unsigned kit. */
  readonly signedBy?: string | undefined;
  readonly warnings: readonly string[];
  /** The lock whose images were packed, absolute; undefined without one. */
  readonly lockedBy?: string | undefined;
}

/**
 * Packs the bundles of a bundles file, one kit folder each. Several are all planned before the first is written, so
 * that a mistake in the last one shows before an hour has passed.
 *
 * @throws AirkitError SPEC_INVALID, USAGE, OUTPUT_EXISTS, NO_MATCH, LOCK_STALE, NAME_COLLISION, PLATFORM_MISSING,
 * UNSUPPORTED, KEY_INVALID, SOURCE_FAILED, NO_SPACE, DISK_FAILED, and what damaged content gives
 */
export async function pack(host: Host, options: PackOptions): Promise<PackedKit[]> {
  const { lock, bundles, discoveries, registries } = await readBundles(host, options);
  const jobs: PackJob[] = [];
  for (const bundle of bundles) {
    const folder = outputFolder(host, bundle, options);
    await requireFreeOutput(folder, { force: options.force ?? false });
    const location =
      options.key === undefined ? bundle.sign?.key : parseKeyLocation(options.key, host.directory);
    jobs.push({
      bundle,
      folder,
      registries,
      lock,
      notes: discoveries.get(bundle.name)?.warnings ?? [],
      key: location === undefined ? undefined : await openSigningKey(location, host),
    });
  }
  if (jobs.length > 1) await planAll(host, { ...options, compareLock: false });
  const kits: PackedKit[] = [];
  for (const job of jobs) kits.push(await packWithFreshCache(host, job, options));
  return kits;
}

interface PackJob {
  readonly bundle: BundleSpec;
  readonly folder: string;
  readonly registries: ChosenBundles['registries'];
  readonly lock: ChosenBundles['lock'];
  /** Of what was discovered. */
  readonly notes: readonly string[];
  readonly key: SigningKey | undefined;
}

const MAX_CACHE_REPAIRS = 5;

/** A damaged cache entry has been removed when it is reported, so the next attempt fetches it anew. */
async function packWithFreshCache(
  host: Host,
  job: PackJob,
  options: PackOptions,
): Promise<PackedKit> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await packBundle(host, job, options);
    } catch (error) {
      if (!isAirkitError(error, 'CACHE_DAMAGED') || attempt >= MAX_CACHE_REPAIRS) throw error;
      options.onProgress?.({ kind: 'warning', message: error.message });
    }
  }
}

async function packBundle(host: Host, job: PackJob, options: PackOptions): Promise<PackedKit> {
  const { bundle, folder, key, registries, lock, notes } = job;
  const target = {
    cache: openCache(cacheFolderOf(host)),
    encoder: await openEncoder(bundle.output.layers),
  };
  const context = {
    host,
    target,
    registries,
    lock,
    path: folder,
    annotations: options.annotations,
  };
  await using choice = await chooseImages(bundle, context, options);
  const estimate = await planChosen(choice, { bundle, context }, options);
  requireSpace(estimate.space);
  const described = await resolveChoice(choice, options);
  await proveLayers(described, target.cache, options);
  const plan = buildPlan(described.map(({ input }) => input));
  const images = archiveImages(described);
  if (images === undefined) throw new Error('a resolved image is not exact');
  const assembled = assembleArchive(bundleHeader(bundle, context), { images, plan });
  requireSpace(await measureSpace([{ path: folder, neededBytes: archiveSize(assembled) }]));
  const contentOf = readerOf(described);
  const written = await writeKit(
    { folder, assembled, contentOf, key, replaces: options.force ?? false, pid: host.pid },
    options,
  );
  const { name, version } = bundle;
  const warnings = new Set([
    ...notes,
    ...estimate.warnings,
    ...warnAbout(described),
    ...assembled.warnings,
  ]);
  return {
    ...written,
    name,
    version,
    plan,
    signedBy: key?.publicKey.keyId,
    warnings: [...warnings],
    lockedBy: lock?.path,
  };
}

/** Brings every chosen image's bytes to hand; each source exports once. */
async function resolveChoice(choice: Choice, options: OperationOptions): Promise<DescribedImage[]> {
  const resolved = await perSource<Image>(choice.images, async (source, listed) =>
    source.resolve(listed, options),
  );
  const inOrder = new Map<ChosenImage, Image>();
  for (const chosen of choice.images) {
    const image = resolved.get(chosen);
    if (image !== undefined) inOrder.set(chosen, image);
  }
  return describeResolved(inOrder, async ({ root, content, uncompressedSizes }) => ({
    graph: await readImageGraph(root, content, options),
    uncompressedSizes,
  }));
}

function readerOf(
  described: readonly DescribedImage[],
): (target: { readonly digest: Digest }) => ContentReader {
  const readers = new Map<Digest, ContentReader>();
  for (const { exact, image } of described) {
    if (exact === undefined || image === undefined) continue;
    const { indexes, manifests, carried } = exact.graph;
    const held = [
      ...indexes,
      ...manifests.flatMap(({ descriptor, config }) => [descriptor, config]),
      ...carried.flatMap(({ layers }) => layers.map(({ descriptor }) => descriptor)),
    ];
    for (const { digest } of held) if (!readers.has(digest)) readers.set(digest, image.content);
  }
  return ({ digest }) => {
    const reader = readers.get(digest);
    if (reader === undefined) throw new Error(`no image holds ${digest}`);
    return reader;
  };
}
