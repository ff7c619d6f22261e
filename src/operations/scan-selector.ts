import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AirkitError, type ErrorCode, type Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { expandGlob } from '../discovery/expand-glob.ts';
import { joinScans, type DiscoveryKind, type Scan } from '../discovery/found-image.ts';
import { isKustomization, scanPath } from '../discovery/scan-path.ts';
import type { DiscoverSpec, ImageSelector } from '../spec/bundles-file.ts';
import { scanOptions, uniqueProblems } from './discover.ts';
import type { Host } from './host.ts';

export interface SelectorScan {
  readonly selector: ImageSelector;
  readonly discover: DiscoverSpec;
  readonly host: Host;
  /** Of the bundles file, absolute. */
  readonly directory: string;
}

/**
 * What the files of one selector name.
 *
 * @throws AirkitError NO_MATCH for a glob without a file; SPEC_INVALID with every place that cannot be read; UNSUPPORTED,
 * SOURCE_FAILED when a chart cannot be rendered
 */
export async function scanSelector(
  { selector, discover, host, directory }: SelectorScan,
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

/** `file:line:column: message` of a problem. */
export function placedMessage({ subject, line, column, message }: Problem): string {
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

/** NO_MATCH at the place of a selector. */
export function noMatch(message: string, hint: string, { position }: ImageSelector): AirkitError {
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
