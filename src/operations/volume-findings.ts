import type { Problem } from '../errors.ts';
import type { BundleImage, BundleIndex } from '../archive/bundle-index.ts';
import { descriptorsOf } from '../archive/describe-image.ts';
import { blobPathOf } from '../archive/stock-views.ts';
import type { ArchiveFile } from '../archive/volumes.ts';

/** What is known of a volume. */
export interface VolumeFacts {
  /** sha256 that SHA256SUMS lists, 64 hex digits. */
  readonly sum?: string | undefined;
  readonly index: BundleIndex;
  /** Bytes of the archive before the place from which member offsets count. */
  readonly base: number;
}

/** More names than this are counted only. */
const MAX_NAMES = 20;

/** A finding about a volume, with its size, its sum and the images it holds. */
export function volumeFinding(
  volume: ArchiveFile & VolumeFacts,
  { code, what }: { readonly code: string; readonly what: string },
): Problem {
  const { name, size, sum } = volume;
  const facts = [`${size} bytes`, ...(sum === undefined ? [] : [`sha256 ${sum}`])];
  return {
    code,
    severity: 'error',
    message: `${name}: ${what} (${facts.join(', ')}; ${describeImages(imagesIn(volume))})`,
    subject: name,
    hint:
      code === 'MEMBER_MISSING'
        ? 'Name the folder that holds it with --volumes, or copy it here.'
        : 'Copy this volume again from its source.',
  };
}

/** References of the images that have a blob, or a part of one, in a volume; in the order of the index. */
function imagesIn({ start, size, index, base }: ArchiveFile & VolumeFacts): string[] {
  const held = new Set(
    index.members
      .filter(({ offset, size: length }) => {
        const at = base + offset;
        return at < start + size && at + length > start;
      })
      .map(({ path }) => path),
  );
  const holdsPart = (image: BundleImage): boolean =>
    descriptorsOf(image).some(({ digest }) => held.has(blobPathOf(digest)));
  return index.images.filter(holdsPart).map(({ reference }) => reference);
}

function describeImages(references: readonly string[]): string {
  if (references.length === 0) return 'it holds no image';
  const named = references.slice(0, MAX_NAMES).join(', ');
  const more = references.length - MAX_NAMES;
  return `it holds parts of ${named}${more > 0 ? ` and ${more} more` : ''}`;
}
