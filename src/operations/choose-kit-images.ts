import { AirkitError, type Problem } from '../errors.ts';
import type { BundleImage } from '../archive/bundle-index.ts';
import type { TargetImage } from '../content/image.ts';
import type { Digest } from '../oci/digest.ts';
import { carryManifests, heldPlatforms, type ImageGraph } from '../oci/image-graph.ts';
import { formatPlatform, parsePlatform, samePlatform, type Platform } from '../oci/platform.ts';
import { formatReference, parseReference, type Reference } from '../oci/reference.ts';
import { renameReference, type RenameRule } from '../select/rename.ts';
import type { ChosenByPattern } from './choose-by-pattern.ts';
import type { LoadableImages } from './open-loadable.ts';

export interface ImageChoice {
  /** Patterns of images to load. Default: all. */
  readonly include?: readonly string[] | undefined;
  /** Patterns of images to leave out; they win over `include`. */
  readonly exclude?: readonly string[] | undefined;
  /** Other names in the target; the first rule that matches a name wins, as in a bundles file. */
  readonly rename?: readonly RenameRule[] | undefined;
  /** `os/architecture[/variant]`: only these of each image, also where the target runs another. Default: all. */
  readonly platforms?: readonly string[] | undefined;
  /** Takes what can be taken: other images are failures of their own. */
  readonly keepGoing?: boolean | undefined;
}

/** An image of a kit under its name in the target. */
export interface ChosenKitImage {
  /** Canonical, in the target. */
  readonly reference: string;
  /** The kit's name where it differs. */
  readonly original?: string | undefined;
  /** The image, or why it cannot be loaded. */
  readonly image: TargetImage | { readonly refused: string };
}

/**
 * Chooses images of a kit and names them as they will be called in the target, in the order of the kit.
 *
 * @returns with warnings about patterns that match nothing
 * @throws AirkitError NO_MATCH, NAME_COLLISION, PLATFORM_MISSING, USAGE, REFERENCE_INVALID
 */
export async function chooseKitImages(
  kit: Pick<LoadableImages, 'index' | 'content' | 'graphs' | 'damaged'>,
  choice: ImageChoice,
): Promise<{ readonly images: readonly ChosenKitImage[]; readonly warnings: readonly Problem[] }> {
  const { rename = [], platforms = [], keepGoing = false } = choice;
  const all = kit.index.images;
  const { chosen, unused } = await choose(all, choice);
  const named = chosen.map((entry) => ({
    entry,
    reference: formatReference(renameReference(parseReference(entry.reference), rename)),
  }));
  refuseCollisions(named);
  const wanted = platforms.map(parsePlatform);
  const images = named.map(({ entry, reference }) => ({
    reference,
    original: reference === entry.reference ? undefined : entry.reference,
    image: targetImage(kit, { entry, reference, wanted }),
  }));
  if (!keepGoing) refuseMissing(images, platforms);
  const warnings = [
    ...unused.map((text) => idle(`--exclude ${text}`)),
    ...unusedRenames(all, rename),
  ];
  return { images, warnings };
}

/** Patterns are compiled by a package that most loads need not load. */
async function choose(
  images: readonly BundleImage[],
  choice: ImageChoice,
): Promise<ChosenByPattern> {
  const { include = [], exclude = [] } = choice;
  if (include.length + exclude.length === 0) return { chosen: images, unused: [] };
  const { chooseByPattern } = await import('./choose-by-pattern.ts');
  return chooseByPattern(images, { include, exclude });
}

interface NamedEntry {
  readonly entry: BundleImage;
  readonly reference: string;
}

function refuseCollisions(named: readonly NamedEntry[]): void {
  const known = new Map<string, string>();
  for (const { entry, reference } of named) {
    const other = known.get(reference);
    known.set(reference, entry.reference);
    if (other === undefined) continue;
    throw new AirkitError(
      'NAME_COLLISION',
      `${other} and ${entry.reference} would both become ${reference}`,
      {
        hint: 'Make --rename tell them apart, or leave one out with --exclude.',
        context: { reference: other, other: entry.reference },
      },
    );
  }
}

function targetImage(
  { content, graphs, damaged }: Pick<LoadableImages, 'content' | 'graphs' | 'damaged'>,
  { entry, reference, wanted }: NamedEntry & { readonly wanted: readonly Platform[] },
): ChosenKitImage['image'] {
  const graph = graphs.get(entry.reference);
  if (graph === undefined)
    return { refused: damaged.get(entry.reference) ?? 'its documents cannot be read' };
  const uncompressedSizes = sizesOf(entry.manifests);
  const common = { reference: parseReference(reference), root: entry.root, content };
  if (wanted.length === 0) return { ...common, graph, uncompressedSizes };
  const held = heldPlatforms(graph);
  const lacking = wanted.map(formatPlatform).filter((platform) => !held.includes(platform));
  if (lacking.length > 0)
    return { refused: `the kit holds it for ${held.join(', ')}, not for ${lacking.join(', ')}` };
  return { ...common, graph: narrow(graph, wanted), uncompressedSizes, platforms: wanted };
}

/** The graph with layers of these platforms only at hand. */
function narrow(graph: ImageGraph, wanted: readonly Platform[]): ImageGraph {
  const { carried } = carryManifests(graph, ({ platform }) =>
    wanted.some((one) => samePlatform(one, platform)),
  );
  const manifests = graph.manifests.map((manifest) => ({
    ...manifest,
    isHeld: manifest.isHeld && carried.includes(manifest),
  }));
  return { ...graph, manifests };
}

function refuseMissing(images: readonly ChosenKitImage[], platforms: readonly string[]): void {
  const refused = images.flatMap(({ reference, original = reference, image }) =>
    'refused' in image ? [`${original}: ${image.refused}`] : [],
  );
  if (refused.length === 0) return;
  throw new AirkitError('PLATFORM_MISSING', refused.join('; '), {
    hint: `Leave them out with --exclude, or load the others with --keep-going. --platform asked for ${platforms.join(', ')}.`,
    problems: refused.map((message) => ({ code: 'PLATFORM_MISSING', severity: 'error', message })),
  });
}

function sizesOf(manifests: BundleImage['manifests']): Map<Digest, number> {
  const sizes = new Map<Digest, number>();
  for (const { diffID, uncompressedSize } of manifests.flatMap(({ layers }) => layers)) {
    if (diffID !== undefined && uncompressedSize !== undefined) sizes.set(diffID, uncompressedSize);
  }
  return sizes;
}

/** A typing error in a rule that leaves names alone would otherwise pass unseen. */
function unusedRenames(
  images: readonly BundleImage[],
  rules: NonNullable<ImageChoice['rename']>,
): Problem[] {
  const references = images.map(({ reference }) => parseReference(reference));
  return rules
    .filter((rule) => references.every((reference) => !isRenamedBy(reference, rule)))
    .map(({ from, to }) => idle(`--rename ${from}=${to}`));
}

function isRenamedBy(reference: Reference, rule: RenameRule): boolean {
  try {
    return renameReference(reference, [rule]) !== reference;
  } catch {
    return true; // It matches; where it counts, what is wrong with it has been told.
  }
}

function idle(what: string): Problem {
  const message = `${what}: no image of the kit matches`;
  return { code: 'NO_MATCH', severity: 'warning', message };
}
