import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AirkitError, type ErrorCode, type Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { expandGlob } from '../discovery/expand-glob.ts';
import { joinScans, type DiscoveryKind, type Scan } from '../discovery/found-image.ts';
import { groupImages, type DiscoveredImage } from '../discovery/group-images.ts';
import { isKustomization, scanPath } from '../discovery/scan-path.ts';
import { parseReference } from '../oci/reference.ts';
import { compilePattern, referenceForms } from '../select/pattern.ts';
import type { BundleSpec, DiscoverSpec, ImageSelector } from '../spec/bundles-file.ts';
import { scanOptions, uniqueProblems } from './discover.ts';
import type { Host } from './host.ts';

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
      const scan = await scanSelector({ selector, discover }, context, options);
      const found = groupImages(scan.images);
      const taken = found.definite.filter((image) => !isExcluded(image, selector));
      if (taken.length === 0 && !selector.optional) throw nothingFound(selector);
      const names = taken.map(({ name }) => name);
      selectors.push({ ...selector, include: [...new Set([...selector.include, ...names])] });
      images.push(...taken);
      warnings.push(...warningsOf({ ...found, problems: scan.problems }));
    }
  }
  return { bundle: { ...bundle, images: selectors }, discovery: { images, warnings } };
}

interface DiscoverRequest {
  readonly selector: ImageSelector;
  readonly discover: DiscoverSpec;
}

async function scanSelector(
  { selector, discover }: DiscoverRequest,
  { host, directory }: ExpandContext,
  { signal }: OperationOptions,
): Promise<Scan> {
  const kinds: readonly [DiscoveryKind, readonly string[]][] = [
    ['kubernetes', discover.kubernetes],
    ['compose', discover.compose],
    ['helm', discover.helm],
    ['list', discover.lists],
  ];
  const scans: Scan[] = [];
  for (const [kind, globs] of kinds) {
    for (const glob of globs.map((path) => relative(directory, path))) {
      const paths = await pathsOf(glob, { kind, directory, signal });
      if (paths.length === 0 && !selector.optional) throw noFile(glob, selector);
      for (const path of paths)
        scans.push(await scanPath(path, { ...scanOptions(host, signal), kind }));
    }
  }
  const scan = joinScans(scans);
  const problems = uniqueProblems(scan.problems);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw unreadable(errors);
  return { images: scan.images, problems };
}

interface PathQuestion {
  readonly kind: DiscoveryKind;
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
}

/** What a glob means: files; for charts and kustomizations also their folders. A path that is written out is taken as it is. */
async function pathsOf(glob: string, { kind, directory, signal }: PathQuestion): Promise<string[]> {
  const found: string[] = [];
  const matched = await expandGlob(glob, { directory, signal });
  const isLiteral = matched.length === 1 && relative(directory, matched[0] ?? '') === glob;
  for (const path of matched) {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const isFile = stats.isFile() && (kind !== 'helm' || path.endsWith('.tgz'));
    const isFolder = stats.isDirectory() && (await isRendered(path, kind));
    if (isLiteral || isFile || isFolder) found.push(path);
  }
  return found;
}

async function isRendered(path: string, kind: DiscoveryKind): Promise<boolean> {
  if (kind === 'kubernetes') return isKustomization(path);
  return (
    kind === 'helm' && (await stat(join(path, 'Chart.yaml')).catch(() => undefined)) !== undefined
  );
}

function isExcluded({ name }: DiscoveredImage, { exclude, from }: ImageSelector): boolean {
  const forms = referenceForms(parseReference(name), from);
  return exclude.map(compilePattern).some((pattern) => pattern.matches(forms));
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

function placedMessage({ subject, line, column, message }: Problem): string {
  return `${subject}${line === undefined ? '' : `:${line}:${column}`}: ${message}`;
}

/** What a tool could not do has a code of its own; all else is a mistake in a file. */
function unreadable(errors: readonly Problem[]): AirkitError {
  const tool = errors.find(({ code }) => code === 'SOURCE_FAILED' || code === 'UNSUPPORTED');
  const code: ErrorCode =
    tool?.code === 'UNSUPPORTED' || tool?.code === 'SOURCE_FAILED' ? tool.code : 'SPEC_INVALID';
  const first = tool ?? errors[0];
  const { subject = '', line, column } = first ?? {};
  return new AirkitError(code, errors.map(placedMessage).join('\n'), {
    hint: first?.hint,
    context: {
      path: subject,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
    problems: errors,
  });
}

function noFile(glob: string, selector: ImageSelector): AirkitError {
  const message = `"discover": ${JSON.stringify(glob)} matches no file`;
  return noMatch(message, 'Paths start at the folder of the bundles file.', selector);
}

function nothingFound(selector: ImageSelector): AirkitError {
  const hint = 'airkit discover PATH shows what is in a file; "optional: true" admits nothing.';
  return noMatch('"discover" finds no image', hint, selector);
}

function noMatch(message: string, hint: string, { position }: ImageSelector): AirkitError {
  const { file, line, column } = position;
  const problem = {
    code: 'NO_MATCH',
    severity: 'error',
    message,
    subject: file,
    line,
    column,
  } as const;
  return new AirkitError('NO_MATCH', `${file}:${line}:${column}: ${message}`, {
    hint,
    context: { path: file, line, column },
    problems: [problem],
  });
}
