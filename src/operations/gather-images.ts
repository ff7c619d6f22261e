import { AirkitError } from '../errors.ts';
import { openEncoder } from '../compression/encoder.ts';
import { openCache } from '../content/cache.ts';
import { measureSpace, requireSpace } from '../content/free-space.ts';
import type { ImageSource } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import { buildPlan, type Plan } from '../plan/plan.ts';
import type { BundleSpec, OutputSpec, RenameRule } from '../spec/bundles-file.ts';
import { isFileMedium, type SourceLocation } from '../spec/source-location.ts';
import { chooseImages } from './choose-images.ts';
import { describeChosen, type DescribedImage } from './describe-bundle.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { openFailureLog, type FailureLog } from './image-failures.ts';
import { joinFailures } from './join-failures.ts';
import type { PlanContext } from './plan-bundle.ts';
import { proveLayers } from './prove-layers.ts';
import { readRegistrySettings } from './registry-settings.ts';
import { resolveImages } from './resolve-images.ts';
import { hintOf } from './select-listed.ts';
import { shareRegistries } from './shared-registries.ts';

/** Images that a command line names. */
export interface GatherRequest {
  readonly from: SourceLocation;
  /** The source as it is to be named: no absolute path. */
  readonly text: string;
  /** Stands in for the medium that `from` names. */
  readonly source?: ImageSource | undefined;
  /** References or patterns. */
  readonly include: readonly string[];
  /** `os/architecture[/variant]`. Default: everything that the source holds. */
  readonly platforms?: readonly string[] | undefined;
  readonly rename?: readonly RenameRule[] | undefined;
  /** Carries what refers to the images. Default false. */
  readonly referrers?: boolean | undefined;
  /** How layers are stored that arrive uncompressed. */
  readonly layers: OutputSpec['layers'];
}

/** Images whose bytes are at hand, as long as this is open. */
export interface GatheredImages extends AsyncDisposable {
  readonly images: readonly DescribedImage[];
  readonly plan: Plan;
  readonly context: PlanContext;
  /** Why the source cannot offer some of its images. */
  readonly skipped: readonly string[];
}

/**
 * Brings images of one source to hand, as a pack does, without a bundles file. All or none: the first thing that is wrong
 * ends it.
 *
 * @throws AirkitError NO_MATCH, NAME_COLLISION, PLATFORM_MISSING, SOURCE_FAILED, NO_SPACE for the cache, UNSUPPORTED, USAGE
 */
export async function gatherImages(
  host: Host,
  request: GatherRequest,
  options: OperationOptions,
): Promise<GatheredImages> {
  const context = await openContext(host, request, options);
  const { failures, target, sharedRegistries } = context;
  const bundle = bundleOf(request);
  const closeRegistries = async (): Promise<void> => sharedRegistries?.[Symbol.asyncDispose]();
  const choice = await chooseImages(bundle, context, options).catch(async (error: unknown) => {
    await closeRegistries();
    throw error;
  });
  const close = async (): Promise<void> => {
    try {
      await choice[Symbol.asyncDispose]();
    } finally {
      await closeRegistries();
    }
  };
  try {
    const { skipped } = choice;
    const refuseFailures = (): void => refuse(failures, skipped);
    refuseFailures();
    const described = await describeChosen(choice.images, failures, options);
    refuseFailures();
    await requireCacheRoom(described, target.cache.folder);
    const chosen = described.map((one) => one.chosen);
    // Engines tell of their exports themselves.
    if (isFileMedium(request.from.transport))
      options.onProgress?.({ kind: 'phase', phase: 'read' });
    const resolved = await resolveImages(chosen, failures, options);
    refuseFailures();
    const { cache } = target;
    const proved = await proveLayers(resolved, { cache, failures }, options);
    refuseFailures();
    const images = proved.map(withoutIdleReferrers);
    const plan = buildPlan(images.map(({ input }) => input));
    return { images, plan, context, skipped, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openContext(
  host: Host,
  { source, layers }: GatherRequest,
  options: OperationOptions,
): Promise<PlanContext> {
  const { signal } = options;
  const cache = openCache(cacheFolderOf(host));
  const registries = await readRegistrySettings(host, { signal });
  return {
    host,
    registries,
    sharedRegistries: shareRegistries(host, registries),
    opened: source,
    path: host.directory,
    target: { cache, encoder: await openEncoder(layers) },
    failures: openFailureLog(cache.folder, { signal }),
  };
}

/** Commands have no bundles file; what is wrong is told without a place in one. */
const POSITION = { file: 'command line', line: 1, column: 1 };

function bundleOf({ from, text, include, layers, ...request }: GatherRequest): BundleSpec {
  const { platforms, rename = [], referrers = false } = request;
  const selector = {
    from,
    text,
    include,
    exclude: [],
    labels: {},
    optional: false,
    changes: [],
    referrers,
    position: POSITION,
    ...(platforms === undefined
      ? {}
      : { platforms: platforms.map((one) => formatPlatform(parsePlatform(one))) }),
  };
  const output = { path: '', layers };
  return { name: 'images', version: '1', images: [selector], containers: [], rename, output };
}

async function requireCacheRoom(images: readonly DescribedImage[], folder: string): Promise<void> {
  const { blobs } = buildPlan(images.map(({ input }) => input));
  const unknown = blobs.filter(({ exact }) => !exact);
  const neededBytes = unknown.reduce((sum, { size }) => sum + size, 0);
  const hint = 'Free some space there, or choose another place with XDG_CACHE_HOME.';
  requireSpace(await measureSpace([{ path: folder, neededBytes }]), hint);
}

/** Nobody asked for referrers by name, so that there are none is not worth a word. */
function withoutIdleReferrers(image: DescribedImage): DescribedImage {
  if (image.input.referrers?.length !== 0) return image;
  const { referrers: _, ...input } = image.input;
  return { ...image, input };
}

/** @throws AirkitError for what was noted */
function refuse({ all }: FailureLog, skipped: readonly string[]): void {
  const [first, ...others] = all;
  if (first === undefined) return;
  const joined = joinFailures(
    all.map((failure) => ({ ...failure, position: undefined })),
    skipped,
  );
  const { code, message, cause, problems } = joined;
  const { line: _, column: __, path, ...rest } = joined.context;
  const context = path === undefined || path === POSITION.file ? rest : { ...rest, path };
  throw new AirkitError(code, message, {
    hint: others.length === 0 ? hintOf(first.error, skipped) : undefined,
    context,
    problems: others.length === 0 ? [] : problems,
    cause,
  });
}
