import { AirkitError } from '../errors.ts';

/** Names have three digits (docs/archive-format.md, volumes). */
export const MAX_VOLUMES = 999;

const ARCHIVE_NAME = 'bundle.tar';
const VOLUME_NAME = /^bundle\.tar\.(\d{3})$/;

/** A file of an archive by name, and the bytes of the archive that belong into it. */
export interface ArchiveFile {
  readonly name: string;
  /** Bytes from the start of the archive. */
  readonly start: number;
  readonly size: number;
}

/** The same, where it lies. */
export interface ArchivePart extends ArchiveFile {
  /** Undefined for a volume that is not at hand: whoever reads it gets BLOB_MISSING. */
  readonly path?: string | undefined;
}

/**
 * Cuts an archive into volumes of `volumeSize` bytes, the last one as long as what is left. One that fits into a single
 * volume is not cut: it keeps its plain name.
 *
 * @throws AirkitError UNSUPPORTED for more than {@link MAX_VOLUMES} volumes
 */
export function cutArchive(total: number, volumeSize: number = total): ArchiveFile[] {
  const count = Math.ceil(total / volumeSize);
  if (count <= 1) return [{ name: ARCHIVE_NAME, start: 0, size: total }];
  if (count > MAX_VOLUMES) {
    throw new AirkitError(
      'UNSUPPORTED',
      `an archive of ${total} bytes would have ${count} volumes of ${volumeSize} bytes, at most ${MAX_VOLUMES} are possible`,
      { hint: `Choose volumes of at least ${Math.ceil(total / MAX_VOLUMES)} bytes.` },
    );
  }
  return Array.from({ length: count }, (_, position) => {
    const start = position * volumeSize;
    const size = Math.min(volumeSize, total - start);
    return { name: formatVolumeName(position + 1), start, size };
  });
}

/** `bundle.tar.007` for 7. */
export function formatVolumeName(number: number): string {
  return `${ARCHIVE_NAME}.${String(number).padStart(3, '0')}`;
}

/** 7 for `bundle.tar.007`; undefined for names of other files. */
export function parseVolumeName(name: string): number | undefined {
  const [, digits] = VOLUME_NAME.exec(name) ?? [];
  const number = Number(digits);
  return number >= 1 ? number : undefined;
}

/** True for `bundle.tar` and its volumes. */
export function isArchiveFile(name: string): boolean {
  return name === ARCHIVE_NAME || parseVolumeName(name) !== undefined;
}

/** A range of one file. */
export interface PartRange<T extends ArchiveFile> {
  readonly part: T;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

/** The pieces of a range of the archive, in order. Parts follow one another without gaps. */
export function splitRange<T extends ArchiveFile>(
  parts: readonly T[],
  { offset, length }: { readonly offset: number; readonly length: number },
): PartRange<T>[] {
  const end = offset + length;
  if (length <= 0) return [];
  return parts
    .filter(({ start, size }) => start < end && start + size > offset)
    .map((part) => {
      const from = Math.max(offset, part.start);
      const to = Math.min(end, part.start + part.size);
      return { part, offset: from - part.start, length: to - from };
    });
}
