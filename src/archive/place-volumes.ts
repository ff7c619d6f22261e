import type { VolumeFile } from './find-volumes.ts';
import { cutArchive, formatVolumeName, MAX_VOLUMES, type ArchiveFile } from './volumes.ts';

/** A volume that a kit must have, and the files that may be it. */
export interface ExpectedVolume extends ArchiveFile {
  readonly number: number;
  /** Files of its name and size. */
  readonly fitting: readonly VolumeFile[];
  /** Files of its name and another size. */
  readonly misfits: readonly VolumeFile[];
}

/**
 * Works out how an archive was cut from the sizes of the volumes that are there: all but the last have one size.
 *
 * @param total bytes of the archive, as its index implies
 * @param count of volumes, as SHA256SUMS lists them
 */
export function placeVolumes(
  found: readonly VolumeFile[],
  { total, count }: { readonly total: number; readonly count: number },
): ExpectedVolume[] {
  const known = Math.min(Math.max(count, 1), MAX_VOLUMES);
  const cuts = candidateSizes(found, { total, count: known })
    .map((size) => cutsOf(total, size))
    .filter((cut) => cut.length === known);
  const best = cuts.reduce<{ fits: number; cut: readonly ArchiveFile[] } | undefined>(
    (before, cut) => {
      const fits = found.filter(({ number, size }) => cut[number - 1]?.size === size).length;
      return before === undefined || fits > before.fits ? { fits, cut } : before;
    },
    undefined,
  );
  const cut = best?.cut ?? cutsOf(total, Math.ceil(total / known));
  return cut.map(({ name, start, size }, position) => {
    const number = position + 1;
    const own = found.filter((one) => one.number === number);
    const fitting = own.filter((one) => one.size === size);
    const misfits = own.filter((one) => one.size !== size);
    return { name, start, size, number, fitting, misfits };
  });
}

/** Sizes that one of the files suggests, larger ones first: files are more often cut off than grown. */
function candidateSizes(
  found: readonly VolumeFile[],
  { total, count }: { readonly total: number; readonly count: number },
): number[] {
  const sizes = found.map(({ number, size }) =>
    number < count || count === 1 ? size : (total - size) / (count - 1),
  );
  const possible = sizes.filter((size) => Number.isSafeInteger(size) && size > 0);
  return [...new Set(possible)].toSorted((a, b) => b - a);
}

/** A sole volume has the name of one all the same. */
function cutsOf(total: number, size: number): ArchiveFile[] {
  if (Math.ceil(total / size) > MAX_VOLUMES) return [];
  const cut = cutArchive(total, size);
  return cut.map(({ start, size: length }, position) => ({
    name: formatVolumeName(position + 1),
    start,
    size: length,
  }));
}
