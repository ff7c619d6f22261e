import { AirkitError, isAirkitError } from '../errors.ts';
import type { ImageSource, ListedImage } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { formatReference, withDefaultTag, type Reference } from '../oci/reference.ts';
import { renameReference } from '../select/rename.ts';
import { selectImages } from '../select/select-images.ts';
import type { BundleSpec, ImageSelector, SelectorPosition } from '../spec/bundles-file.ts';
import { chooseLocked } from './choose-locked.ts';
import type { Lock } from './find-lock.ts';
import { openSource, sourceKey, type SourceContext } from './open-source.ts';

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
}

/**
 * Runs the selectors of a bundle. Each source is opened and listed once; all that is wrong is told at once.
 *
 * @throws AirkitError NO_MATCH, LOCK_STALE, UNSUPPORTED, REFERENCE_INVALID for a rename, and what sources throw
 */
export async function chooseImages(
  bundle: BundleSpec,
  context: ChooseContext,
  options: OperationOptions = {},
): Promise<Choice> {
  refuseUnsupported(bundle);
  options.onProgress?.({ kind: 'phase', phase: 'list' });
  const sources = new Map<string, Listing>();
  const images: ChosenImage[] = [];
  const failures: AirkitError[] = [];
  for (const selector of bundle.images) {
    try {
      const listing = await listOnce({ selector, sources }, context, options);
      const locked = context.lock?.images.get(selector);
      const selected =
        locked === undefined
          ? await selectImages(listing.offered, selector, options)
          : await chooseLocked({ source: listing.source, selector, locked }, options);
      for (const { listed, pattern } of selected) {
        images.push(nameImage({ source: listing.source, listed, selector, pattern }, bundle));
      }
    } catch (error) {
      if (!isAirkitError(error, 'NO_MATCH', 'LOCK_STALE')) throw error;
      failures.push(error);
    }
  }
  const skipped = [...sources.values()].flatMap((listing) => listing.skipped);
  if (failures.length > 0) throw joinFailures(failures, skipped);
  return {
    images,
    skipped,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(
        [...sources.values()].map(async ({ source }) => source[Symbol.asyncDispose]()),
      );
    },
  };
}

interface Listing {
  readonly source: ImageSource;
  readonly offered: readonly ListedImage[];
  readonly skipped: readonly string[];
}

interface ListingRequest {
  readonly selector: ImageSelector;
  readonly sources: Map<string, Listing>;
}

async function listOnce(
  { selector, sources }: ListingRequest,
  context: ChooseContext,
  options: OperationOptions,
): Promise<Listing> {
  const key = sourceKey(selector);
  const known = sources.get(key);
  if (known !== undefined) return known;
  const source = await openSource(selector, context, options);
  const { images, skipped } =
    context.lock === undefined ? await source.list(options) : { images: [], skipped: [] };
  const listing = { source, offered: images, skipped };
  sources.set(key, listing);
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

/** Parts of the schema that this version cannot carry out are refused before any work. */
function refuseUnsupported(bundle: BundleSpec): void {
  const [container] = bundle.containers;
  if (container !== undefined) refuse('"containers"', container.position);
  for (const { semver, newest, referrers, as, changes, position, from } of bundle.images) {
    const isRegistry = from.transport === 'registry';
    const byVersion = semver !== undefined || newest !== undefined;
    if (byVersion && !isRegistry) refuse('selecting by version outside of registries', position);
    if (referrers) refuse('"referrers"', position);
    if (as !== undefined || changes.length > 0) refuse('"as" or "changes"', position);
  }
  if (bundle.output.volumeSize !== undefined) refuse('"volumeSize"');
}

function refuse(what: string, position?: SelectorPosition): never {
  const place =
    position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
  throw new AirkitError('UNSUPPORTED', `${place}${what} is not supported yet`, {
    context: { ...position },
  });
}

function joinFailures(failures: readonly AirkitError[], skipped: readonly string[]): AirkitError {
  const [first] = failures;
  const left =
    skipped.length === 0
      ? ''
      : ` Left out: ${skipped.slice(0, 3).join('; ')}${skipped.length > 3 ? '; …' : ''}.`;
  return new AirkitError(
    first?.code ?? 'NO_MATCH',
    failures.map(({ message }) => message).join('\n'),
    {
      hint: `${first?.hint ?? ''}${left}`,
      context: first?.context,
      problems: failures.flatMap(({ problems }) => problems),
    },
  );
}
