import { AirkitError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { compilePattern, referenceForms, type Pattern } from '../select/pattern.ts';
import { selectImages } from '../select/select-images.ts';
import type { BundlesFile, BundleSpec, ImageSelector } from '../spec/bundles-file.ts';
import {
  selectorDigest,
  type LockedBundle,
  type LockedImage,
  type LockedSelector,
  type LockFile,
} from '../spec/lock-file.ts';

export interface Renewal {
  readonly file: BundlesFile;
  readonly earlier: LockFile;
  /** What would be locked now. */
  readonly current: LockFile;
  /** Patterns of names to renew. */
  readonly update: readonly string[];
}

/**
 * A lock in which images whose names match are as they are now, and all others as they were. Of a selector that the
 * earlier lock does not know, images which it had from the same source keep what they stand for.
 *
 * @throws AirkitError NO_MATCH for a pattern that matches no name, or a selector's pattern that would be left with none
 */
export async function renewLock({ file, earlier, current, update }: Renewal): Promise<LockFile> {
  const patterns = update.map(compilePattern);
  const used = new Set<Pattern>();
  const isMeant = (image: LockedImage, selector: ImageSelector): boolean => {
    const forms = referenceForms(parseReference(image.reference), selector.from);
    const matching = patterns.filter((pattern) => pattern.matches(forms));
    for (const pattern of matching) used.add(pattern);
    return matching.length > 0;
  };
  const bundles: LockedBundle[] = [];
  for (const now of current.bundles) {
    const bundle = file.bundles.find(({ name }) => name === now.name);
    const before = earlier.bundles.find(({ name }) => name === now.name);
    if (bundle !== undefined)
      bundles.push(await renewBundle({ file, bundle, before, now, isMeant }));
  }
  const unused = patterns.filter((pattern) => !used.has(pattern));
  if (unused.length > 0) throw noMatch(unused);
  return { bundles };
}

interface BundleRenewal {
  readonly file: BundlesFile;
  readonly bundle: BundleSpec;
  readonly before: LockedBundle | undefined;
  readonly now: LockedBundle;
  readonly isMeant: (image: LockedImage, selector: ImageSelector) => boolean;
}

async function renewBundle({
  file,
  bundle,
  before,
  now,
  isMeant,
}: BundleRenewal): Promise<LockedBundle> {
  const selectors = new Map<string, LockedSelector>();
  for (const selector of bundle.images) {
    const digest = selectorDigest(selector, file.directory);
    const next = now.selectors.find((one) => one.selector === digest);
    const known = before?.selectors.find((one) => one.selector === digest);
    if (next === undefined) continue;
    const meant = next.images.filter((image) => isMeant(image, selector));
    const kept = (known ?? keptOf(next, before)).images.filter(
      (image) => !isMeant(image, selector),
    );
    const images = [...kept, ...meant];
    await requireMatches(images, selector);
    selectors.set(digest, { ...next, images });
  }
  return { name: bundle.name, selectors: [...selectors.values()] };
}

/** A selector that is new to the lock, with what other selectors of that source had locked. */
function keptOf(next: LockedSelector, before: LockedBundle | undefined): LockedSelector {
  const sameSource = before?.selectors.filter(({ from }) => from === next.from) ?? [];
  const known = new Map(
    sameSource.flatMap(({ images }) => images.map((image) => [image.reference, image] as const)),
  );
  const images = next.images.map((image) => ({
    ...image,
    identity: known.get(image.reference)?.identity ?? image.identity,
  }));
  return { ...next, images };
}

/** Each pattern of a selector must still choose something; labels were looked at when the images were locked. */
async function requireMatches(
  images: readonly LockedImage[],
  selector: ImageSelector,
): Promise<void> {
  const offered = images.map(({ reference }) => ({
    reference: parseReference(reference),
    labels: async () => ({}),
  }));
  await selectImages(offered, { ...selector, labels: {} });
}

function noMatch(patterns: readonly Pattern[]): AirkitError {
  const names = patterns.map(({ text }) => JSON.stringify(text)).join(', ');
  return new AirkitError('NO_MATCH', `--update ${names} matches no image of the bundles file`, {
    hint: 'airkit plan lists the names; "*" crosses "/" and ":".',
    context: { pattern: patterns[0]?.text ?? '' },
  });
}
