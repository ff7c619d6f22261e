import { access } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { AirkitError, type Problem } from '../errors.ts';
import { collectBytes } from '../content/read-document.ts';
import type { OperationOptions } from '../content/operation.ts';
import { joinScans, type DiscoveryKind, type Scan } from '../discovery/found-image.ts';
import { groupImages, type GroupedImages } from '../discovery/group-images.ts';
import { MAX_TEXT_LENGTH } from '../discovery/read-documents.ts';
import { scanBytes, scanPath, type ScanOptions } from '../discovery/scan-path.ts';
import { resolvePath, type Host } from './host.ts';

export interface DiscoverOptions extends OperationOptions {
  /** What all paths are read as. Default: told by the content. */
  readonly kind?: DiscoveryKind | undefined;
  /** What the path `-` stands for. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
}

export interface DiscoveryReport extends GroupedImages {
  /** Each once. Those of severity `error` mean that images may be missing. */
  readonly problems: readonly Problem[];
}

const INPUT = '-';
/** Control characters come before it. */
const SPACE = 0x20;

/**
 * The images that files and folders name: Kubernetes manifests, compose files, charts, kustomizations, lists.
 *
 * @param paths files, folders, or `-` for the input; relative to the host's directory
 * @throws AirkitError USAGE for a path that does not exist, and an empty input; CONTENT_INVALID for one that is too large
 */
export async function discover(
  host: Host,
  paths: readonly string[],
  { kind, input, signal }: DiscoverOptions = {},
): Promise<DiscoveryReport> {
  const options = { ...scanOptions(host, signal), kind };
  const absolute = paths.map((path) => (path === INPUT ? INPUT : resolvePath(host, path)));
  for (const path of absolute) if (path !== INPUT) await requirePath(path, options);
  const scans: Scan[] = [];
  for (const path of new Set(absolute)) {
    scans.push(path === INPUT ? await scanInput(input, options) : await scanPath(path, options));
  }
  const { images, problems } = joinScans(scans);
  return { ...groupImages(images), problems: uniqueProblems(problems) };
}

/** How files are called in results: relative to the working directory where they are below it. */
export function scanOptions(host: Host, signal: AbortSignal | undefined): ScanOptions {
  return {
    environment: host.environment,
    signal,
    display: (path) => {
      const short = relative(host.directory, path);
      return short.startsWith('..') || isAbsolute(short) ? path : short === '' ? '.' : short;
    },
  };
}

/** A file that two paths reach is read twice. */
export function uniqueProblems(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

async function requirePath(path: string, { display }: ScanOptions): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw new AirkitError('USAGE', `${display(path)} does not exist`, {
    hint: 'Name files and folders, or - for what is piped in.',
    context: { path },
  });
}

async function scanInput(
  input: AsyncIterable<Uint8Array> = emptyInput(),
  { kind, signal }: ScanOptions,
): Promise<Scan> {
  const bytes = await collectBytes(input, MAX_TEXT_LENGTH);
  signal?.throwIfAborted();
  if (bytes.every((byte) => byte <= SPACE)) throw nothingPiped();
  return scanBytes(bytes, { file: '<stdin>', kind });
}

/** As when what renders a chart in front of the pipe has failed. */
function nothingPiped(): AirkitError {
  return new AirkitError('USAGE', 'nothing was piped in', {
    hint: 'Look at what the command in front of the pipe says: helm template CHART | airkit discover -',
  });
}

async function* emptyInput(): AsyncGenerator<Uint8Array> {}
