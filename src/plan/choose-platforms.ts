import { AirkitError } from '../errors.ts';
import {
  carryManifests,
  imagePlatforms,
  type CarriedGraph,
  type GraphManifest,
  type ImageGraph,
} from '../oci/image-graph.ts';
import { formatPlatform, parsePlatform, samePlatform, type Platform } from '../oci/platform.ts';

export interface PlatformRules {
  /** As the bundles file lists them; undefined means everything that the source holds. */
  readonly platforms?: readonly string[] | undefined;
  /** True when a listed platform may be lacking. */
  readonly optional: boolean;
  /** Names the image in errors. */
  readonly reference: string;
}

/** What of an image travels, and which of its manifests `manifest.json` shows. */
export interface ChosenPlatforms {
  readonly graph: CarriedGraph;
  /** The first listed platform that the image has; undefined for artifacts and foreign operating systems. */
  readonly primary?: GraphManifest | undefined;
}

/**
 * Splits an image's graph by platform. Undefined when the image is optional and has none of the listed platforms.
 *
 * @throws AirkitError PLATFORM_MISSING for a listed platform that the image lacks, BLOB_MISSING when the source holds
 * the layers of none
 */
export function choosePlatforms(
  graph: ImageGraph,
  rules: PlatformRules,
): ChosenPlatforms | undefined {
  const held = graph.manifests.filter(({ isImage, isHeld }) => isImage && isHeld);
  if (held.length === 0 && graph.manifests.some(({ isImage }) => isImage))
    throw nothingHeld(graph, rules);
  const wanted = rules.platforms?.map(parsePlatform);
  requirePlatforms({ held, wanted, graph }, rules);
  const isCarried = (manifest: GraphManifest): boolean =>
    held.includes(manifest) &&
    (wanted === undefined || wanted.some((one) => samePlatform(one, manifest.platform)));
  const chosen = carryManifests(graph, isCarried);
  if (wanted !== undefined && held.length > 0 && !chosen.carried.some(({ isImage }) => isImage))
    return undefined;
  return { graph: chosen, primary: choosePrimary(chosen.carried, wanted) };
}

/** {@link choosePlatforms} for an image of which only the platform is known. False: it is left out. */
export function acceptsPlatform(platform: string, rules: PlatformRules): boolean {
  if (rules.platforms === undefined) return true;
  const missing = rules.platforms.filter((one) => formatPlatform(parsePlatform(one)) !== platform);
  if (missing.length > 0 && !rules.optional) throw platformMissing(missing, [platform], rules);
  return missing.length < rules.platforms.length;
}

function choosePrimary(
  carried: readonly GraphManifest[],
  wanted: readonly Platform[] | undefined,
): GraphManifest | undefined {
  const loadable = carried.filter(({ isImage, platform }) => isImage && platform.os === 'linux');
  for (const platform of wanted ?? []) {
    const match = loadable.find((manifest) => samePlatform(manifest.platform, platform));
    if (match !== undefined) return match;
  }
  return loadable[0];
}

interface Wanted {
  readonly held: readonly GraphManifest[];
  readonly wanted: readonly Platform[] | undefined;
  readonly graph: ImageGraph;
}

function requirePlatforms({ held, wanted, graph }: Wanted, rules: PlatformRules): void {
  if (wanted === undefined || rules.optional) return;
  const missing = wanted.filter(
    (platform) => !held.some((manifest) => samePlatform(manifest.platform, platform)),
  );
  if (missing.length > 0)
    throw platformMissing(missing.map(formatPlatform), imagePlatforms(graph), rules);
}

function platformMissing(
  missing: readonly string[],
  has: readonly string[],
  { reference }: PlatformRules,
): AirkitError {
  return new AirkitError(
    'PLATFORM_MISSING',
    `${reference}: it has no ${missing.join(', ')}, only ${has.join(', ')}`,
    {
      hint: 'Take the platform out of the list, or say "optional: true" to carry what there is.',
      context: { reference },
    },
  );
}

function nothingHeld(graph: ImageGraph, { reference }: PlatformRules): AirkitError {
  return new AirkitError(
    'BLOB_MISSING',
    `${reference}: the source lacks layers of every platform of ${graph.root.digest}`,
    {
      hint: 'The source is incomplete: copy or pull the image there again.',
      context: { reference, digest: graph.root.digest },
    },
  );
}
