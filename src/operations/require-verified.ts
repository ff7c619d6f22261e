import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import { checkFrames } from '../archive/check-frames.ts';
import { checkImages, type ImagesCheck } from '../archive/check-images.ts';
import { archiveContent, type OpenArchiveOptions } from '../archive/read-archive.ts';
import type { RangeReader } from '../content/content.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { KitSigner } from '../signing/judge-signatures.ts';
import type { Host } from './host.ts';
import { judgeKit, type TrustOptions } from './judge-kit.ts';
import { openKit, type FoundKit } from './open-kit.ts';

/**
 * A kit that may be used: trusted, and whole in its structure. Its blobs are verified as they are read; those that a thin
 * kit leaves to its bases are not in `content`.
 */
export interface VerifiedKit {
  readonly kit: FoundKit;
  readonly index: BundleIndex;
  readonly content: RangeReader;
  /** Documents of every image, by reference. */
  readonly graphs: ReadonlyMap<string, ImageGraph>;
  readonly signers: readonly KitSigner[];
  /** Findings that do not stand in the way. */
  readonly warnings: readonly Problem[];
  /** Images whose own documents are damaged, by reference, with what is wrong; none unless they are tolerated. */
  readonly damaged: ReadonlyMap<string, string>;
}

export interface VerificationOptions extends TrustOptions, OpenArchiveOptions {
  /** Takes a kit of which some images are damaged, for the others. Default false. */
  readonly keepGoing?: boolean | undefined;
}

/**
 * Opens a kit for use: signature first, then structure; the bytes of blobs are left to whoever reads them.
 *
 * @throws AirkitError VERIFICATION_FAILED with every finding in `problems`; USAGE, DISK_FAILED, KEY_INVALID
 */
export async function requireVerified(
  host: Host,
  path: string,
  options: VerificationOptions,
): Promise<VerifiedKit> {
  const kit = await openKit(host, path, options).catch((error: unknown) => {
    throw isAirkitError(error, 'ARCHIVE_MALFORMED')
      ? verificationFailed(path, [malformedKit(error)])
      : error;
  });
  const { index, signers, findings } = await judgeKit(kit, host, options);
  if (index === undefined || hasError(findings)) throw verificationFailed(path, findings);
  const content = archiveContent(kit.archive, index);
  const frames = await checkFrames({ archive: kit.archive, index, readsBytes: false }, options);
  const images = hasError(frames)
    ? undefined
    : await checkImages(kit.archive, { index, content }, options);
  const all = [...findings, ...frames, ...(images?.problems ?? [])];
  const damage = options.keepGoing === true ? damageOf(index, images) : [];
  const warnings = all.filter((one) => !damage.includes(one));
  const isUseless = images === undefined || (damage.length > 0 && images.graphs.size === 0);
  if (isUseless || hasError(warnings)) throw verificationFailed(path, all);
  const damaged = new Map(damage.map(({ subject = '', message }) => [subject, message]));
  return { kit, index, content, graphs: images.graphs, signers, warnings, damaged };
}

/** Findings that say no more than that the bytes of an image's documents are damaged. */
function damageOf({ images }: BundleIndex, check: ImagesCheck | undefined): Problem[] {
  const names = new Set(images.map(({ reference }) => reference));
  return (check?.problems ?? []).filter(
    ({ code, subject = '' }) =>
      (code === 'DIGEST_MISMATCH' || code === 'SIZE_MISMATCH') &&
      names.has(subject) &&
      check?.graphs.has(subject) === false,
  );
}

/** The error for a kit that must not be used. */
export function verificationFailed(path: string, findings: readonly Problem[]): AirkitError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return new AirkitError(
    'VERIFICATION_FAILED',
    `${path}: ${errors.map(({ message }) => message).join('; ')}`,
    {
      hint:
        errors.find(({ hint }) => hint !== undefined)?.hint ??
        'Do not use this kit. Copy it again from its source.',
      context: { path },
      problems: findings,
    },
  );
}

/** A kit that cannot even be opened, as a finding. */
export function malformedKit({ code, message, hint, context }: AirkitError): Problem {
  return {
    code,
    severity: 'error',
    message,
    subject: String(context['path'] ?? 'bundle.tar'),
    hint,
  };
}

function hasError(findings: readonly Problem[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}
