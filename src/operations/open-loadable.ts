import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import { isDamage } from './check-whole.ts';
import { resolvePath, type Host } from './host.ts';
import { joinBases, type BaseOptions, type JoinedKit } from './kit-bases.ts';
import { recogniseMedium } from './recognise-medium.ts';
import { malformedKit, requireVerified, verificationFailed } from './require-verified.ts';
import { aboutStdin, spoolStdin } from './spool-stdin.ts';
import type { TargetPlace } from './target-record.ts';

/** Images that a load may use, and what says so. */
export interface LoadableImages extends Pick<
  JoinedKit,
  'index' | 'graphs' | 'signers' | 'warnings' | 'damaged' | 'notAtHand'
> {
  readonly content: ContentReader;
  /** bundle.json; of images that have none, what it would be. */
  readonly indexBytes: Uint8Array;
  /** Where they are, absolute: nothing is written there. Undefined where that is no file. */
  readonly place?: string | undefined;
}

export interface OpenedLoadable extends AsyncDisposable {
  readonly images: LoadableImages;
}

export interface LoadableRequest {
  /** A kit, an archive or OCI layout of any tool, or `-` for standard input. */
  readonly path: string;
  readonly places: readonly TargetPlace[];
}

/**
 * Opens what is to be loaded. What airkit did not write counts as unsigned, and so does all that is piped in: a kit's
 * signatures lie beside its archive.
 *
 * @throws AirkitError VERIFICATION_FAILED with every finding in `problems`; USAGE, DISK_FAILED, NO_SPACE, KEY_INVALID
 */
export async function openLoadable(
  host: Host,
  { path, places }: LoadableRequest,
  options: BaseOptions,
): Promise<OpenedLoadable> {
  if (path !== '-')
    return openPath(host, { path, places, location: resolvePath(host, path) }, options);
  refuseUnlessAllowed(path, options);
  const spooled = await asFinding(path, async () => spoolStdin(host, options));
  try {
    const opened = await openPath(host, { path, places, location: spooled.path }, options);
    const { place: _, ...images } = opened.images;
    const close = async (): Promise<void> => {
      await opened[Symbol.asyncDispose]();
      await spooled[Symbol.asyncDispose]();
    };
    return { images, [Symbol.asyncDispose]: close };
  } catch (error) {
    await spooled[Symbol.asyncDispose]();
    throw aboutStdin(error, spooled);
  }
}

/** `location` is where `path` is, absolute. */
type LocatedRequest = LoadableRequest & { readonly location: string };

async function openPath(
  host: Host,
  request: LocatedRequest,
  options: BaseOptions,
): Promise<OpenedLoadable> {
  const { path, location } = request;
  const medium = await asFinding(path, async () => recogniseMedium(location, options));
  if (medium.kind !== 'foreign') return openVerified(host, request, options);
  refuseUnlessAllowed(path, options);
  const { gatherAll, loadableImages } = await import('./gather-foreign.ts');
  const gathered = await asFinding(path, async () =>
    gatherAll(host, { ...request, from: medium.from }, options),
  );
  const warnings = gathered.skipped.map(skipped);
  const images = { ...loadableImages(host, gathered, warnings), place: location };
  return { images, [Symbol.asyncDispose]: async () => gathered[Symbol.asyncDispose]() };
}

async function openVerified(
  host: Host,
  { path, location }: LocatedRequest,
  options: BaseOptions,
): Promise<OpenedLoadable> {
  const named = path === '-' ? location : path;
  const verified = await joinBases(
    host,
    await requireVerified(host, named, { ...options, readsVolumes: true }),
    options,
  );
  const { kit } = verified;
  const place = kit.folder ?? location;
  const images = { ...verified, indexBytes: kit.index, place };
  return { images, [Symbol.asyncDispose]: async () => undefined };
}

/** @throws AirkitError VERIFICATION_FAILED */
function refuseUnlessAllowed(path: string, { allowUnsigned }: BaseOptions): void {
  if (allowUnsigned === true) return;
  const finding = {
    code: 'UNSIGNED',
    severity: 'error' as const,
    message:
      path === '-'
        ? 'what is piped in has no signature'
        : 'it has no signature: airkit did not pack it as a kit',
    subject: path,
    hint: 'Use --allow-unsigned if you trust where it comes from.',
  };
  throw verificationFailed(path, [finding]);
}

/** What is damaged is told as a finding, like a damaged kit. */
async function asFinding<Result>(path: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const isBroken = isAirkitError(error, 'ARCHIVE_MALFORMED') || isDamage(error);
    throw isBroken && error instanceof AirkitError
      ? verificationFailed(path, [malformedKit(error)])
      : error;
  }
}

function skipped(message: string): Problem {
  return { code: 'NAMELESS', severity: 'warning', message };
}
