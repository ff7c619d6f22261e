import type { ImageSource, ListedImage, Listing } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatReference, withDefaultTag, type Reference } from '../oci/reference.ts';
import { renameReference } from '../select/rename.ts';
import type { BundleSpec, ImageSelector } from '../spec/bundles-file.ts';
import { chooseContainers, type ContainerContext } from './choose-containers.ts';
import { chooseLocked } from './choose-locked.ts';
import type { Lock } from './find-lock.ts';
import type { FailureLog } from './image-failures.ts';
import { openSource, sourceKey, type SourceContext } from './open-source.ts';
import { selectAll } from './select-all.ts';

/** An image that a bundle's selectors chose. */
export interface ChosenImage {
  readonly source: ImageSource;
  readonly listed: ListedImage;
  readonly selector: ImageSelector;
  readonly pattern: string;
  /** Canonical, before `rename`. */
  readonly original: string;
  /** Canonical, after it. */
  readonly reference: string;
}

export interface Choice extends AsyncDisposable {
  readonly images: readonly ChosenImage[];
  /** Why sources cannot offer some of their images. */
  readonly skipped: readonly string[];
}

export interface ChooseContext extends SourceContext {
  /** Its images are taken, whatever the sources offer now. */
  readonly lock?: Lock | undefined;
  /** Takes what cannot be listed or chosen; the other selectors are still run. */
  readonly failures: FailureLog;
}

/**
 * Runs the selectors of a bundle. Each source is opened and listed once.
 *
 * @throws AirkitError UNSUPPORTED for a bundle that this version cannot carry out, and what the log of failures does not
 * take
 */
export async function chooseImages(
  bundle: BundleSpec,
  context: ChooseContext,
  options: OperationOptions = {},
): Promise<Choice> {
  options.onProgress?.({ kind: 'phase', phase: 'list' });
  const sources: Sources = { opened: [], listed: new Map() };
  const close = async (): Promise<void> => {
    await Promise.all(sources.opened.map(async (source) => source[Symbol.asyncDispose]()));
  };
  try {
    const images: ChosenImage[] = [];
    for (const selector of bundle.images)
      images.push(...(await runSelector({ selector, sources, bundle }, context, options)));
    images.push(...(await snapshots(bundle, { ...context, sources: sources.opened }, options)));
    const skipped = [...sources.listed.values()].flatMap((listing) => listing.skipped);
    return { images, skipped, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A listing and where it comes from. */
interface ListedSource extends Listing {
  readonly source: ImageSource;
}

interface Sources {
  readonly opened: ImageSource[];
  /** By {@link sourceKey}. */
  readonly listed: Map<string, ListedSource>;
}

interface ListingRequest {
  readonly selector: ImageSelector;
  readonly sources: Sources;
}

async function runSelector(
  { selector, sources, bundle }: ListingRequest & { readonly bundle: BundleSpec },
  context: ChooseContext,
  options: OperationOptions,
): Promise<ChosenImage[]> {
  const { failures } = context;
  const { position, text } = selector;
  const listing = await failures.attempt({ reference: text, position, isSource: true }, async () =>
    listOnce({ selector, sources }, context, options),
  );
  if (listing === undefined) return [];
  const locked = context.lock?.images.get(selector);
  const chosen =
    locked === undefined
      ? await selectAll({ selector, failures }, listing, options)
      : await chooseLocked({ source: listing.source, selector, locked, failures }, options);
  const named = chosen.map(async ({ listed, pattern }) =>
    failures.attempt({ reference: formatReference(listed.reference), position }, async () =>
      nameImage({ source: listing.source, listed, selector, pattern }, bundle),
    ),
  );
  return (await Promise.all(named)).filter((image) => image !== undefined);
}

/** Containers are in no lock: a snapshot is of now. */
async function snapshots(
  bundle: BundleSpec,
  context: ContainerContext,
  options: OperationOptions,
): Promise<ChosenImage[]> {
  const images: ChosenImage[] = [];
  for (const selector of bundle.containers) {
    const chosen = await chooseContainers(selector, context, options);
    images.push(...chosen.map((one) => nameImage(one, bundle)));
  }
  return images;
}

async function listOnce(
  { selector, sources }: ListingRequest,
  context: ChooseContext,
  options: OperationOptions,
): Promise<ListedSource> {
  const key = sourceKey(selector);
  const known = sources.listed.get(key);
  if (known !== undefined) return known;
  const source = context.opened ?? (await openSource(selector, context, options));
  sources.opened.push(source);
  // What is locked is asked for by name and digest.
  const isListed = context.lock === undefined;
  const found = isListed ? await source.list(options) : { images: [], skipped: [] };
  const listing = { source, ...found };
  sources.listed.set(key, listing);
  return listing;
}

function nameImage(
  chosen: Omit<ChosenImage, 'original' | 'reference'>,
  bundle: BundleSpec,
): ChosenImage {
  const original: Reference = withDefaultTag(chosen.listed.reference);
  const reference = renameReference(original, bundle.rename);
  return { ...chosen, original: formatReference(original), reference: formatReference(reference) };
}
