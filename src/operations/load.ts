import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import type { BundleImage } from '../archive/bundle-index.ts';
import type { ImageTarget, TargetImage, TargetOutcome, TargetResult } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { Digest } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';
import { compilePattern, referenceForms } from '../select/pattern.ts';
import type { Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import { openTarget, parseTarget, type OpenTarget } from './open-target.ts';
import { beginReceipt } from './receipt.ts';
import { requireVerified, verificationFailed, type VerifiedKit } from './require-verified.ts';

export interface LoadOptions extends OperationOptions, TrustOptions {
  /** `docker` (default), `podman`, `registry://HOST[/PREFIX]` or `oci:DIR`. */
  readonly to?: string | undefined;
  /** See {@link OpenTarget}. */
  readonly scoped?: boolean | undefined;
  readonly sparseIndex?: OpenTarget['sparseIndex'];
  /** Patterns of images to load. Default: all. */
  readonly include?: readonly string[] | undefined;
  /** Compares only: nothing is written, and there is no receipt. */
  readonly dryRun?: boolean | undefined;
  /** File for the receipt. Default: a file of its own in the folder for receipts. */
  readonly receipt?: string | undefined;
}

export interface LoadReport {
  readonly kit: { readonly path: string; readonly name: string; readonly version: string };
  readonly target: string;
  readonly dryRun: boolean;
  readonly results: readonly TargetResult[];
  /** Bytes of content sent. */
  readonly sentBytes: number;
  readonly receipt?: string | undefined;
  readonly warnings: readonly Problem[];
}

/**
 * Verifies a kit and restores its images into a target: trust and structure first, each blob checked as it streams,
 * every image inspected afterwards.
 *
 * @throws AirkitError VERIFICATION_FAILED, USAGE, NO_MATCH, TARGET_FAILED, DISK_FAILED, NO_SPACE, UNSUPPORTED. That some
 * images failed is in the report.
 */
export async function load(
  host: Host,
  path: string,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const { to = 'docker', dryRun = false } = options;
  const location = parseTarget(host, to);
  const verified = await requireVerified(host, path, options);
  const images = targetImages(verified, options.include ?? []);
  await using target = await openTarget(
    host,
    { location, scoped: options.scoped, sparseIndex: options.sparseIndex },
    options,
  );
  const { name, version } = verified.index;
  const common = { kit: { path, name, version }, target: to, dryRun, warnings: verified.warnings };
  if (dryRun) {
    const results = (await target.survey(images, options)).map(asForecast);
    return { ...common, results, sentBytes: 0 };
  }
  const receipt = await beginReceipt(host, { verified, target: to, file: options.receipt });
  const outcome = await loadVerified({ target, images, path }, options).catch(
    async (error: unknown) => {
      await receipt.finish([], error);
      throw error;
    },
  );
  await receipt.finish(outcome.results);
  return { ...common, ...outcome, receipt: receipt.path };
}

/** A real skip has another reason. */
function asForecast(result: TargetResult): TargetResult {
  return result.status === 'skipped'
    ? Object.assign({ message: 'would be loaded' }, result)
    : result;
}

interface Loading {
  readonly target: ImageTarget;
  readonly images: readonly TargetImage[];
  readonly path: string;
}

/** A blob that turns out damaged while it streams means that the kit is not what was signed. */
async function loadVerified(
  { target, images, path }: Loading,
  options: LoadOptions,
): Promise<TargetOutcome> {
  options.onProgress?.({ kind: 'phase', phase: 'load' });
  try {
    return await target.load(images, options);
  } catch (error) {
    if (!isAirkitError(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH', 'CONTENT_INVALID')) throw error;
    const { code, message, context } = error;
    throw verificationFailed(path, [
      { code, severity: 'error', message, subject: String(context['digest'] ?? 'bundle.tar') },
    ]);
  }
}

function targetImages(
  { index, content, graphs }: VerifiedKit,
  include: readonly string[],
): TargetImage[] {
  return chooseByPattern(index.images, include).flatMap(({ reference, root, manifests }) => {
    const graph = graphs.get(reference);
    if (graph === undefined) return [];
    return [
      {
        reference: parseReference(reference),
        root,
        content,
        graph,
        uncompressedSizes: sizesOf(manifests),
      },
    ];
  });
}

function sizesOf(manifests: BundleImage['manifests']): Map<Digest, number> {
  const sizes = new Map<Digest, number>();
  for (const { diffID, uncompressedSize } of manifests.flatMap(({ layers }) => layers)) {
    if (diffID !== undefined && uncompressedSize !== undefined) sizes.set(diffID, uncompressedSize);
  }
  return sizes;
}

function chooseByPattern(
  images: readonly BundleImage[],
  include: readonly string[],
): readonly BundleImage[] {
  if (include.length === 0) return images;
  const patterns = include.map(compilePattern);
  const isChosen = ({ reference }: BundleImage): boolean => {
    const forms = referenceForms(parseReference(reference));
    return patterns.some((pattern) => pattern.matches(forms));
  };
  const chosen = images.filter(isChosen);
  const unused = patterns.find(
    (pattern) =>
      !images.some(({ reference }) => pattern.matches(referenceForms(parseReference(reference)))),
  );
  if (unused === undefined) return chosen;
  throw new AirkitError('NO_MATCH', `--include ${unused.text}: no image of the kit matches`, {
    hint: `The kit holds ${images
      .map(({ reference }) => reference)
      .slice(0, 5)
      .join(', ')}${images.length > 5 ? ', …' : ''}.`,
  });
}
