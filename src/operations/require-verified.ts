import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import { checkFrames, expectEntries } from '../archive/check-frames.ts';
import { checkImages, type ImagesCheck } from '../archive/check-images.ts';
import { archiveContent } from '../archive/read-archive.ts';
import { holdingFiles } from '../archive/read-parts.ts';
import type { RangeReader } from '../content/content.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { KitSigner } from '../signing/judge-signatures.ts';
import type { Host } from './host.ts';
import { judgeKit, type TrustOptions } from './judge-kit.ts';
import { openKit, type FoundKit, type OpenKitOptions } from './open-kit.ts';
import { checkVolumeBytes, settleVolumes, type SettledKit } from './settle-volumes.ts';

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

export interface VerificationOptions extends TrustOptions, OpenKitOptions {
  /** Takes a kit of which some images are damaged, for the others. Default false. */
  readonly keepGoing?: boolean | undefined;
  /** Reads volumes whole, so that a damaged one is named before anything is done with the kit. Default false. */
  readonly readsVolumes?: boolean | undefined;
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
  const found = await openKit(host, path, options).catch((error: unknown) => {
    throw isAirkitError(error, 'ARCHIVE_MALFORMED')
      ? verificationFailed(path, [malformedKit(error)])
      : error;
  });
  const { index, signers, findings } = await judgeKit(found, host, options);
  if (index === undefined || hasError(findings)) throw verificationFailed(path, findings);
  const settled = await settleVolumes(found, index, options);
  const { kit } = settled;
  const bad = await badVolumes(settled, options);
  if (bad.length > 0 && options.keepGoing !== true)
    throw verificationFailed(path, [...findings, ...bad]);
  const content = archiveContent(kit.archive, index);
  const isWhole = bad.length === 0;
  const { problems, images } = await checkStructure(kit, { index, isWhole }, options);
  const all = [...findings, ...bad, ...problems];
  const damage = options.keepGoing === true ? [...bad, ...damageOf(index, images)] : [];
  const warnings = [
    ...all.filter((one) => !damage.includes(one)),
    ...bad.map((one) => ({ ...one, severity: 'warning' as const })),
  ];
  const isUseless = images === undefined || (damage.length > 0 && images.graphs.size === 0);
  if (isUseless || hasError(warnings)) throw verificationFailed(path, all);
  const ofImages = damage.filter((one) => !bad.includes(one));
  const damaged = new Map(ofImages.map(({ subject = '', message }) => [subject, message]));
  return { kit, index, content, graphs: images.graphs, signers, warnings, damaged };
}

interface StructureQuestion {
  readonly index: BundleIndex;
  /** False for a kit with bad volumes: only the index itself and the images' own documents are left to be checked. */
  readonly isWhole: boolean;
}

async function checkStructure(
  { archive }: FoundKit,
  { index, isWhole }: StructureQuestion,
  options: VerificationOptions,
): Promise<{ problems: Problem[]; images?: ImagesCheck }> {
  return holdingFiles(archive, async (held) => {
    const frames = isWhole
      ? await checkFrames({ archive: held, index, readsBytes: false }, options)
      : expectEntries(index).problems;
    if (hasError(frames)) return { problems: frames };
    const question = { index, content: archiveContent(held, index), readsTables: isWhole };
    const images = await checkImages(held, question, options);
    return { problems: [...frames, ...images.problems], images };
  });
}

/** Volumes that are missing or hold something else. All are told at once. */
async function badVolumes(
  { volumes, problems }: SettledKit,
  options: VerificationOptions,
): Promise<Problem[]> {
  if (options.readsVolumes !== true) return [...problems];
  const bytes = volumes.reduce((sum, { size, path }) => sum + (path === undefined ? 0 : size), 0);
  if (bytes > 0) options.onProgress?.({ kind: 'phase', phase: 'verify', bytes });
  const damaged = await checkVolumeBytes(volumes, options);
  const told = new Set(damaged.map(({ subject }) => subject));
  return [...problems.filter(({ subject }) => !told.has(subject)), ...damaged];
}

/** Findings that say no more than that the bytes of an image's documents are damaged. */
function damageOf({ images }: BundleIndex, check: ImagesCheck | undefined): Problem[] {
  const names = new Set(images.map(({ reference }) => reference));
  return (check?.problems ?? []).filter(
    ({ code, subject = '' }) =>
      ['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'BLOB_MISSING'].includes(code) &&
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
