import { isAirkitError, type Problem } from '../errors.ts';
import type { BundleBase } from '../archive/bundle-bases.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import { checkFrames } from '../archive/check-frames.ts';
import { checkImages } from '../archive/check-images.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { sumFilesAside } from '../archive/part-sums.ts';
import { archiveContent, type OpenedArchive } from '../archive/read-archive.ts';
import { holdingFiles } from '../archive/read-parts.ts';
import { formatImagesTxt } from '../archive/stock-views.ts';
import type { FileSum } from '../archive/sums.ts';
import type { ContentReader } from '../content/content.ts';
import { firstHolding } from '../content/first-holding.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { KitSigner } from '../signing/judge-signatures.ts';
import { checkLayers } from './check-layers.ts';
import { checkSums, kitFinding } from './check-sums.ts';
import type { Host } from './host.ts';
import type { BaseOptions } from './kit-bases.ts';
import { judgeKit, type KitJudgement, type TrustOptions } from './judge-kit.ts';
import { openKit, type FoundKit, type OpenKitOptions } from './open-kit.ts';
import { malformedKit } from './require-verified.ts';
import { checkBases, type BasesCheck } from './verify-bases.ts';
import {
  checkVolumeBytes,
  compareVolumeSums,
  settleVolumes,
  type SettledKit,
} from './settle-volumes.ts';

export interface VerifyOptions extends OpenKitOptions, TrustOptions {
  /**
   * `quick`: signatures and structure. `full` (default): every stored byte as well. `deep`: also that each layer
   * decompresses to its diffID.
   */
  readonly depth?: 'quick' | 'full' | 'deep' | undefined;
  /** Kits that hold what a thin kit left out. */
  readonly base?: BaseOptions['base'];
}

export interface VerifyReport {
  /** True when no finding is an error. */
  readonly ok: boolean;
  readonly path: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly images: number;
  /** False for a thin kit, unless the bases given hold all that it left out. */
  readonly complete: boolean;
  /** What a thin kit was packed against. */
  readonly bases: readonly BundleBase[];
  readonly signers: readonly KitSigner[];
  readonly findings: readonly Problem[];
}

/**
 * Verifies a kit: who signed it, that all its tables tell the same, that every byte is what was signed.
 *
 * @throws AirkitError USAGE when there is no kit, DISK_FAILED, KEY_INVALID; what is wrong with the kit is in the report
 */
export async function verify(
  host: Host,
  path: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  let kit: FoundKit;
  try {
    kit = await openKit(host, path, options);
  } catch (error) {
    if (!isAirkitError(error, 'ARCHIVE_MALFORMED', 'VERIFICATION_FAILED')) throw error;
    const findings = error.problems.length > 0 ? error.problems : [malformedKit(error)];
    return report(path, { signers: [], findings }, { problems: [], complete: true });
  }
  const judgement = await judgeKit(kit, host, options);
  const { index } = judgement;
  if (index === undefined) {
    const quick = options.depth === 'quick';
    const problems = quick ? [] : await locateDamage(kit, judgement, options);
    return report(path, judgement, { problems, complete: true });
  }
  const bases = await checkBases(host, { index, readsBytes: options.depth !== 'quick' }, options);
  const found = await checkContents(kit, index, { ...options, bases: bases.contents });
  const problems = [...found, ...bases.problems];
  return report(path, judgement, { problems, complete: bases.complete });
}

/** All of a kit but its signatures, against its index. @throws AirkitError DISK_FAILED */
export async function checkContents(
  found: FoundKit,
  index: BundleIndex,
  options: Pick<VerifyOptions, 'depth'> & OperationOptions & { bases?: readonly ContentReader[] },
): Promise<Problem[]> {
  const { depth = 'full', bases = [] } = options;
  const readsBytes = depth !== 'quick';
  const settled = await settleVolumes(found, index, { signal: options.signal });
  if (settled.problems.length > 0) return checkRemaining(settled, index, options);
  const { kit, volumes } = settled;
  const { frames, sums } = await checkBytes({ archive: kit.archive, index, readsBytes }, options);
  const images = await checkReadable(kit, { index, frames }, options);
  const joined = (): ContentReader => firstHolding([archiveContent(kit.archive, index), ...bases]);
  const layers = depth === 'deep' ? await checkLayers({ index, content: joined() }, options) : [];
  const [archiveSum] = volumes.length > 0 ? [] : sums;
  return [
    ...frames,
    ...withoutRepeats(images, frames),
    ...layers,
    ...compareVolumeSums(volumes, sums),
    ...(await checkSums(kit, archiveSum?.sha256, options)),
    ...checkImagesTxt(kit, index),
  ];
}

interface ByteCheck {
  readonly archive: OpenedArchive;
  readonly index: BundleIndex;
  readonly readsBytes: boolean;
}

/** Structure, and the bytes of all members; sums of the archive's files from the same reading. */
async function checkBytes(
  { archive, index, readsBytes }: ByteCheck,
  options: OperationOptions,
): Promise<{ frames: Problem[]; sums: readonly FileSum[] }> {
  const { size } = archive;
  options.onProgress?.({ kind: 'phase', phase: 'verify', bytes: readsBytes ? size : undefined });
  if (!readsBytes)
    return { frames: await checkFrames({ archive, index, readsBytes }, options), sums: [] };
  await using reading = sumFilesAside(archive);
  const frames = await checkFrames({ archive, index, readsBytes, reading }, options);
  return { frames, sums: (await reading.result()) ?? [] };
}

/** The images of an archive whose entries are where they should be. */
async function checkReadable(
  { archive }: FoundKit,
  {
    frames,
    index,
  }: {
    readonly index: BundleIndex;
    readonly frames: readonly Problem[];
  },
  options: OperationOptions,
): Promise<readonly Problem[]> {
  if (frames.some(({ code }) => code === 'ARCHIVE_MALFORMED')) return [];
  return holdingFiles(archive, async (held) => {
    const content = archiveContent(held, index);
    return (await checkImages(held, { index, content }, options)).problems;
  });
}

/** What can be said of a kit with volumes that are missing or misplaced: the other volumes, and the tables. */
async function checkRemaining(
  { kit, volumes, problems }: SettledKit,
  index: BundleIndex,
  options: Pick<VerifyOptions, 'depth'> & OperationOptions,
): Promise<Problem[]> {
  const sums = options.depth === 'quick' ? [] : await checkVolumeBytes(volumes, options);
  const told = new Set(sums.map(({ subject }) => subject));
  return [
    ...problems.filter(({ subject }) => !told.has(subject)),
    ...sums,
    ...(await checkSums(kit, undefined, options)),
    ...checkImagesTxt(kit, index),
  ];
}

/** Where a signature does not fit, sums that are signed themselves tell which file was changed. */
async function locateDamage(
  kit: FoundKit,
  { findings }: KitJudgement,
  options: VerifyOptions,
): Promise<Problem[]> {
  const bad = findings.filter(({ code }) => code === 'BAD_SIGNATURE');
  if (bad.length === 0 || bad.some(({ subject }) => subject?.startsWith(KIT_FILES.sums) === true))
    return [];
  return checkSums(kit, undefined, options);
}

/** A damaged blob is found by its sum; that its image cannot be read follows from it. */
function withoutRepeats(problems: readonly Problem[], known: readonly Problem[]): Problem[] {
  return problems.filter(({ code }) => code !== 'DIGEST_MISMATCH' || known.length === 0);
}

function checkImagesTxt(kit: FoundKit, index: BundleIndex): Problem[] {
  if (kit.imagesTxt === undefined) return [];
  if (Buffer.compare(formatImagesTxt(index.images, index.absent), kit.imagesTxt) === 0) return [];
  return [
    kitFinding('CONTENT_INVALID', KIT_FILES.images, 'it names other images than bundle.json'),
  ];
}

function report(
  path: string,
  { index, signers, findings }: KitJudgement,
  { problems, complete }: Pick<BasesCheck, 'problems' | 'complete'>,
): VerifyReport {
  const all = [...findings, ...problems];
  return {
    ok: all.every(({ severity }) => severity !== 'error'),
    path,
    name: index?.name,
    version: index?.version,
    images: index?.images.length ?? 0,
    complete,
    bases: index?.bases ?? [],
    signers,
    findings: all,
  };
}
