import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../errors.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import { expectEntries } from '../archive/check-frames.ts';
import { bundleIndexSpan } from '../archive/layout.ts';
import { placeVolumes, type ExpectedVolume } from '../archive/place-volumes.ts';
import { openParts } from '../archive/read-parts.ts';
import { parseSums, sumFile, type FileSum } from '../archive/sums.ts';
import { misplacedVolumes } from '../archive/volume-headers.ts';
import { parseVolumeName, type ArchivePart } from '../archive/volumes.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { FoundKit } from './open-kit.ts';
import { volumeFinding, type VolumeFacts } from './volume-findings.ts';

/** A volume in its place; without a path when it is not at hand. */
export interface SettledVolume extends ArchivePart, VolumeFacts {}

/** A kit whose volumes are in their places. */
export interface SettledKit {
  /** With an archive that reads across the volumes. */
  readonly kit: FoundKit;
  /** None for an archive that is one file. */
  readonly volumes: readonly SettledVolume[];
  /** Volumes that are missing, of a wrong size, or hold something else; what needs no reading of them whole. */
  readonly problems: readonly Problem[];
}

export interface SettleOptions extends OperationOptions {
  /** Takes the volumes, opened once. */
  readonly held?: FileHandle[] | undefined;
}

/**
 * Puts the volumes of a kit in their places, once its index may be believed. An archive that is one file stays as it is.
 * Of a volume that is found twice the one with the right size counts; of two such, the one with the right sum.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function settleVolumes(
  kit: FoundKit,
  index: BundleIndex,
  options: SettleOptions = {},
): Promise<SettledKit> {
  if (kit.volumes === undefined) return { kit, volumes: [], problems: [] };
  const base = bundleIndexSpan(kit.index.byteLength);
  const total = base + expectEntries(index).size;
  const sums = volumeSums(kit);
  const numbers = [...sums.keys(), ...kit.volumes.map(({ number }) => number)];
  const count = sums.size > 0 ? sums.size : Math.max(0, ...numbers);
  const expected = placeVolumes(kit.volumes, { total, count });
  const volumes: SettledVolume[] = [];
  const problems: Problem[] = [];
  for (const volume of expected) {
    const settled = await settle(volume, { sum: sums.get(volume.number), index, base }, options);
    volumes.push(settled);
    if (settled.path === undefined) problems.push(absence(volume, settled));
  }
  const reader = await openParts(volumes, options);
  const path = join(kit.folder ?? '', 'bundle.tar.*');
  const archive = { path, index: kit.index, base, ...reader };
  const misplaced = await misplacedVolumes(volumes, { archive, index }, options);
  for (const volume of misplaced) {
    problems.push(
      volumeFinding(volume, {
        code: 'DIGEST_MISMATCH',
        what: 'it is not the volume that belongs there, or it is damaged',
      }),
    );
  }
  return { kit: { ...kit, archive }, volumes, problems };
}

/** What SHA256SUMS says of volumes, by number; the list itself is checked elsewhere. */
function volumeSums({ sums }: FoundKit): Map<number, string> {
  if (sums === undefined) return new Map();
  try {
    return new Map(
      parseSums(sums).flatMap(({ name, sha256 }) => {
        const number = parseVolumeName(name);
        return number === undefined ? [] : [[number, sha256] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

interface KitFacts extends Pick<VolumeFacts, 'index' | 'base'> {
  readonly sum: string | undefined;
}

async function settle(
  { name, start, size, fitting }: ExpectedVolume,
  facts: KitFacts,
  options: OperationOptions,
): Promise<SettledVolume> {
  let [path] = fitting.map((file) => file.path);
  if (fitting.length > 1 && facts.sum !== undefined) {
    for (const file of fitting) {
      if ((await sumFile(file.path, { signal: options.signal })) !== facts.sum) continue;
      path = file.path;
      break;
    }
  }
  return { name, start, size, path, ...facts };
}

function absence({ misfits }: ExpectedVolume, settled: SettledVolume): Problem {
  const [misfit] = misfits;
  if (misfit === undefined)
    return volumeFinding(settled, { code: 'MEMBER_MISSING', what: 'it is missing' });
  const what = `${misfit.path} has ${misfit.size} bytes, which is not its size`;
  return volumeFinding(settled, { code: 'SIZE_MISMATCH', what });
}

/**
 * Reads the volumes that are at hand and compares their sums with SHA256SUMS.
 *
 * @throws AirkitError DISK_FAILED
 */
export async function checkVolumeBytes(
  volumes: readonly SettledVolume[],
  options: OperationOptions = {},
): Promise<Problem[]> {
  const sums: FileSum[] = [];
  for (const { name, path } of volumes)
    if (path !== undefined) sums.push({ name, sha256: await sumFile(path, options) });
  return compareVolumeSums(volumes, sums);
}

/** Findings for volumes whose sum, as read, is another than SHA256SUMS says. */
export function compareVolumeSums(
  volumes: readonly SettledVolume[],
  read: readonly FileSum[],
): Problem[] {
  const sums = new Map(read.map(({ name, sha256 }) => [name, sha256]));
  return volumes.flatMap((volume) => {
    const actual = sums.get(volume.name);
    if (actual === undefined || volume.sum === undefined || actual === volume.sum) return [];
    const other = volumes.find(({ sum }) => sum === actual);
    const what =
      other === undefined
        ? `it is damaged: its sha256 is ${actual}`
        : `it holds what belongs into ${other.name}: the two were swapped`;
    return [volumeFinding(volume, { code: 'DIGEST_MISMATCH', what })];
  });
}
