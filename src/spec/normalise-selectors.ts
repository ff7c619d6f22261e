import { resolve } from 'node:path';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import type {
  ContainerSelector,
  DiscoverSpec,
  ImageSelector,
  Selector,
  SelectorPosition,
} from './bundles-file.ts';
import type * as written from './bundles-file.generated.ts';
import { isFileMedium, parseSourceLocation, sourceText } from './source-location.ts';

export interface SelectorContext {
  /** Absolute. */
  readonly directory: string;
  readonly position: SelectorPosition;
}

/** A selector of images, or the pattern that is short for one, with the defaults applied. */
export function normaliseImageSelector(
  entry: string | written.ImageSelector,
  defaults: written.Defaults,
  context: SelectorContext,
): ImageSelector {
  const own: written.ImageSelector = typeof entry === 'string' ? { include: [entry] } : entry;
  const merged = { ...defaults, ...own, labels: { ...defaults.labels, ...own.labels } };
  const discover =
    own.discover === undefined && defaults.discover === undefined
      ? undefined
      : normaliseDiscover({ ...defaults.discover, ...own.discover }, context.directory);
  const { platforms, semver, newest } = merged;
  const shared = common(merged, discover === undefined ? 'docker' : 'registry', context);
  const isRootfs = shared.from.transport === 'rootfs';
  return {
    ...(isRootfs ? ofRootfs(shared) : { ...shared, as: own.as, changes: own.changes ?? [] }),
    referrers: merged.referrers ?? false,
    ...(platforms === undefined ? {} : { platforms: platforms.map(normalisePlatform) }),
    ...(semver === undefined ? {} : { semver }),
    ...(newest === undefined ? {} : { newest }),
    ...(discover === undefined ? {} : { discover }),
  };
}

/**
 * A root file system is one image, and there is nothing to select. Of other images `as` and `changes` are not taken from the
 * defaults, which write them for containers and root file systems.
 */
function ofRootfs(selector: Selector): Selector {
  return { ...selector, include: ['*'], exclude: [], labels: {} };
}

/** A selector of containers with the defaults applied. */
export function normaliseContainerSelector(
  own: written.ContainerSelector,
  defaults: written.Defaults,
  context: SelectorContext,
): ContainerSelector {
  const merged = { ...defaults, ...own, labels: { ...defaults.labels, ...own.labels } };
  return { ...common(merged, 'docker', context), keepConfig: merged.keepConfig ?? true };
}

type CommonFields = Pick<
  written.Defaults,
  'from' | 'include' | 'exclude' | 'labels' | 'optional' | 'as' | 'changes' | 'discover'
>;

function common(fields: CommonFields, defaultFrom: string, context: SelectorContext): Selector {
  const text = fields.from ?? defaultFrom;
  const from = parseSourceLocation(text, context.directory);
  const everything = isFileMedium(from.transport) && fields.discover === undefined ? ['*'] : [];
  return {
    from,
    text: sourceText(text),
    include: fields.include ?? everything,
    exclude: fields.exclude ?? [],
    labels: fields.labels ?? {},
    optional: fields.optional ?? false,
    changes: fields.changes ?? [],
    ...(fields.as === undefined ? {} : { as: fields.as }),
    position: context.position,
  };
}

function normalisePlatform(text: string): string {
  return formatPlatform(parsePlatform(text));
}

function normaliseDiscover(discover: written.Discover, directory: string): DiscoverSpec {
  const absolute = (paths: readonly string[] = []): string[] =>
    paths.map((path) => resolve(directory, path));
  return {
    kubernetes: absolute(discover.kubernetes),
    compose: absolute(discover.compose),
    helm: absolute(discover.helm),
    lists: absolute(discover.lists),
  };
}
