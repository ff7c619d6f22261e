import { digestOf, hexOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { encodeHeader, headerBytes, paddingOf, TRAILER_BYTES } from '../tar/header.ts';
import type { BundleMember } from './bundle-index.ts';
import { blobPathOf } from './stock-views.ts';

export const BUNDLE_INDEX_PATH = 'bundle.json';

/** One entry of the archive after bundle.json. */
export type ArchiveEntry =
  | { readonly kind: 'directory'; readonly name: string }
  /** Bytes that are at hand. */
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly name: string; readonly descriptor: Descriptor };

/** An entry and where it is. Offsets count from the end of bundle.json's own padded entry, in bytes. */
export interface PlacedEntry {
  readonly entry: ArchiveEntry;
  /** Of the header. */
  readonly start: number;
  /** Of the data. */
  readonly offset: number;
  readonly size: number;
}

/** Where everything in an archive is; known before the first byte is written. */
export interface ArchiveLayout {
  readonly entries: readonly PlacedEntry[];
  readonly members: readonly BundleMember[];
  /** Bytes from the end of bundle.json's entry to the end of the archive, trailer included. */
  readonly size: number;
}

export interface LayoutParts {
  readonly ociLayout: Uint8Array;
  /** Documents, then layers, in the order of the plan. */
  readonly blobs: readonly Descriptor[];
  readonly indexJson: Uint8Array;
  readonly manifestJson: Uint8Array;
}

/**
 * Lays out an archive: the OCI marker first, blobs, then the two tables of contents that engines read, manifest.json
 * last, so that an archive that was cut off is refused by every engine.
 */
export function layOut(parts: LayoutParts): ArchiveLayout {
  const order: ArchiveEntry[] = [
    { kind: 'file', name: 'oci-layout', bytes: parts.ociLayout },
    { kind: 'directory', name: 'blobs/' },
    { kind: 'directory', name: 'blobs/sha256/' },
    ...parts.blobs.map((descriptor) => ({
      kind: 'blob' as const,
      name: blobPathOf(descriptor.digest),
      descriptor,
    })),
    { kind: 'file', name: 'index.json', bytes: parts.indexJson },
    { kind: 'file', name: 'manifest.json', bytes: parts.manifestJson },
  ];
  const placed = placeEntries(order.map((entry) => ({ entry, size: sizeOfEntry(entry) })));
  return { entries: placed.entries, members: placed.entries.flatMap(memberOf), size: placed.size };
}

/** Computes where entries are that follow one another. `size` includes the trailer. */
export function placeEntries<T extends { readonly size: number }>(
  order: readonly T[],
): { entries: (T & { start: number; offset: number })[]; size: number } {
  let position = 0;
  const entries = order.map((item) => {
    const start = position;
    const offset = start + headerBytes(item.size);
    position = offset + item.size + paddingOf(item.size);
    return { ...item, start, offset };
  });
  return { entries, size: position + TRAILER_BYTES };
}

/** The header of an entry, as it stands before the entry's data. */
export function entryHeader({ entry, size }: PlacedEntry): Buffer {
  return encodeHeader({
    name: entry.name,
    kind: entry.kind === 'directory' ? 'directory' : 'file',
    size,
  });
}

/** Bytes that bundle.json takes at the start of an archive, with header and padding. */
export function bundleIndexSpan(size: number): number {
  return headerBytes(size) + size + paddingOf(size);
}

function sizeOfEntry(entry: ArchiveEntry): number {
  if (entry.kind === 'directory') return 0;
  return entry.kind === 'file' ? entry.bytes.byteLength : entry.descriptor.size;
}

function memberOf({ entry, offset, size }: PlacedEntry): BundleMember[] {
  if (entry.kind === 'directory') return [];
  const digest = entry.kind === 'file' ? digestOf(entry.bytes) : entry.descriptor.digest;
  return [{ path: entry.name, offset, size, sha256: hexOf(digest) }];
}
