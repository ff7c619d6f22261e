import type { AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Scan } from '../discovery/found-image.ts';
import { groupImages, type DiscoveredImage } from '../discovery/group-images.ts';
import { parseReference } from '../oci/reference.ts';
import { compilePattern, referenceForms } from '../select/pattern.ts';
import type { BundleSpec, ImageSelector } from '../spec/bundles-file.ts';
import type { Host } from './host.ts';
import { noMatch, placedMessage, scanSelector } from './scan-selector.ts';

/** What the files behind a bundle's `discover` gave. */
export interface BundleDiscovery {
  /** Taken as if they stood in `include`. */
  readonly images: readonly DiscoveredImage[];
  /** For people: what is possible only, what has no tag, what was not looked at. */
  readonly warnings: readonly string[];
}

export interface ExpandedBundle {
  readonly bundle: BundleSpec;
  readonly discovery: BundleDiscovery;
}

export interface ExpandContext {
  readonly host: Host;
  /** Of the bundles file, absolute. */
  readonly directory: string;
}

/**
 * Puts the definite references that files name into the `include` of the selectors that discover them, so that
 * everything after this, the lock included, sees them as if they had been written there.
 *
 * @throws AirkitError NO_MATCH for a glob without a file, or when nothing was found; SPEC_INVALID with every place that
 * cannot be read; UNSUPPORTED, SOURCE_FAILED when a chart cannot be rendered
 */
export async function expandDiscover(
  bundle: BundleSpec,
  context: ExpandContext,
  options: OperationOptions,
): Promise<ExpandedBundle> {
  const selectors: ImageSelector[] = [];
  const images: DiscoveredImage[] = [];
  const warnings: string[] = [];
  for (const selector of bundle.images) {
    const { discover } = selector;
    if (discover === undefined) selectors.push(selector);
    else {
      const scan = await scanSelector({ selector, discover, ...context }, options);
      const found = groupImages(scan.images);
      const taken = found.definite.filter((image) => !matches(image, selector.exclude, selector));
      const settled = [...selector.include, ...selector.exclude];
      const possible = found.possible.filter((image) => !matches(image, settled, selector));
      if (taken.length === 0 && !selector.optional) throw nothingFound(selector);
      const names = taken.map(({ name }) => name);
      selectors.push({ ...selector, include: [...new Set([...selector.include, ...names])] });
      images.push(...taken);
      warnings.push(...warningsOf({ ...found, possible, problems: scan.problems }));
    }
  }
  return { bundle: { ...bundle, images: selectors }, discovery: { images, warnings } };
}

function matches(
  { name }: DiscoveredImage,
  patterns: readonly string[],
  { from }: ImageSelector,
): boolean {
  const forms = referenceForms(parseReference(name), from);
  return patterns.map(compilePattern).some((pattern) => pattern.matches(forms));
}

const SHOWN = 3;

function warningsOf({
  possible,
  untagged,
  problems,
}: Omit<ReturnType<typeof groupImages>, 'definite'> & Pick<Scan, 'problems'>): string[] {
  const warnings = problems.map(placedMessage);
  for (const name of untagged) warnings.push(`${name} has no tag: latest is taken`);
  if (possible.length > 0) {
    const names = possible.slice(0, SHOWN).map(({ name }) => name);
    const more = possible.length > SHOWN ? ', …' : '';
    const [what, verb] = possible.length === 1 ? ['value', 'is'] : ['values', 'are'];
    warnings.push(
      `${possible.length} ${what} that may mean images ${verb} not packed: ${names.join(', ')}${more}; airkit discover PATH says where, "include" takes them`,
    );
  }
  return warnings;
}

function nothingFound(selector: ImageSelector): AirkitError {
  const hint = 'airkit discover PATH shows what is in a file; "optional: true" admits nothing.';
  return noMatch('"discover" finds no image', hint, selector);
}
