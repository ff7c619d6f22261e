import type { Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { encodeHeader, paddingOf, TRAILER_BYTES } from '../tar/header.ts';
import type { BundleIndex, BundleMember } from './bundle-index.ts';
import { BUNDLE_INDEX_PATH, placeEntries } from './layout.ts';
import { checkSpans, fixedSpan, skippedSpan, summedSpan, type Span } from './check-spans.ts';
import type { ArchiveReading } from './part-sums.ts';
import { readAhead } from './read-ahead.ts';
import type { OpenedArchive } from './read-archive.ts';

/** One entry of the archive as bundle.json implies it. */
interface ExpectedEntry {
  readonly name: string;
  readonly size: number;
  readonly member?: BundleMember | undefined;
  readonly start: number;
  readonly offset: number;
}

/**
 * Entries that an archive with this index must have, in order, and problems with the list of members itself: an
 * unknown path, one twice, one missing, an offset that is not where the entry is.
 */
export function expectEntries(index: BundleIndex): {
  entries: ExpectedEntry[];
  size: number;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const [first, ...rest] = index.members;
  const order = [
    ...(first === undefined ? [] : [first].map(asItem)),
    ...['blobs/', 'blobs/sha256/'].map((name) => ({ name, size: 0 })),
    ...rest.map(asItem),
  ];
  const { entries, size } = placeEntries<{ name: string; size: number; member?: BundleMember }>(
    order,
  );
  const last = index.members.slice(-2).map(({ path }) => path);
  if (first?.path !== 'oci-layout' || last[0] !== 'index.json' || last[1] !== 'manifest.json') {
    problems.push(
      problem(
        BUNDLE_INDEX_PATH,
        'its members do not begin with oci-layout and end with index.json, manifest.json',
      ),
    );
  }
  const seen = new Set<string>();
  for (const { name, member, offset } of entries) {
    if (seen.has(name)) problems.push(problem(name, 'the index lists it twice'));
    seen.add(name);
    if (member !== undefined && member.offset !== offset) {
      problems.push(
        problem(name, `the index places it at ${member.offset}, it belongs at ${offset}`),
      );
    }
  }
  for (const { path, sha256 } of rest.slice(0, -2)) {
    if (path !== `blobs/sha256/${sha256}`)
      problems.push(problem(path, 'it does not belong into a kit archive'));
  }
  return { entries, size, problems };
}

export interface FrameCheck {
  readonly archive: OpenedArchive;
  readonly index: BundleIndex;
  /** False leaves the members' bytes unread. */
  readonly readsBytes: boolean;
  /** Reads the archive where somebody else wants its bytes too. */
  readonly reading?: ArchiveReading | undefined;
}

/**
 * Checks an archive against its index, front to back: every header, the padding, the trailer, that nothing follows, and
 * the sha256 of every member. Together they cover every byte, and each is read once.
 */
export async function checkFrames(
  question: FrameCheck,
  options: OperationOptions = {},
): Promise<Problem[]> {
  const check = { ...question, archive: readAhead(question.archive) };
  const { archive, index } = check;
  const { entries, size, problems } = expectEntries(index);
  if (problems.length > 0) return problems;
  const end = archive.base + size;
  if (archive.size !== end) {
    const verb = archive.size < end ? 'cut off' : 'longer than it should be';
    const sizes = `${archive.size} bytes, ${end} are expected`;
    problems.push(problem(archive.path, `it is ${verb}: ${sizes}`));
    if (archive.size < end) return problems;
  }
  const spans = spansOf(archive, entries);
  const found = check.readsBytes
    ? await checkSpans({ archive, spans, length: end, reading: check.reading }, options)
    : await checkHeaders(archive, entries, options);
  return [...problems, ...found];
}

async function checkHeaders(
  archive: OpenedArchive,
  entries: readonly ExpectedEntry[],
  options: OperationOptions,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    const header = headerOf(entry);
    const bytes = archive.read(archive.base + entry.start, header.byteLength);
    const found = await collectBytes(bytes, header.byteLength);
    if (!found.equals(header)) problems.push(damagedHeader(entry.name));
  }
  return problems;
}

/** What an archive consists of, from its start on. */
export type ArchivePiece =
  /** Bytes that its index implies. */
  | { readonly bytes: Uint8Array; readonly damage: Problem; readonly member?: undefined }
  | { readonly member: BundleMember };

function* piecesOf(
  { index, path }: Pick<OpenedArchive, 'index' | 'path'>,
  entries: readonly ExpectedEntry[],
): Generator<ArchivePiece, void> {
  const size = index.byteLength;
  const damage = problem(BUNDLE_INDEX_PATH, 'its header or padding in the archive is damaged');
  yield { bytes: encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size }), damage };
  yield { bytes: index, damage };
  yield { bytes: new Uint8Array(paddingOf(size)), damage };
  for (const entry of entries) {
    const { name, member } = entry;
    yield { bytes: headerOf(entry), damage: damagedHeader(name) };
    if (member === undefined) continue;
    yield { member };
    const padding = new Uint8Array(paddingOf(entry.size));
    yield { bytes: padding, damage: problem(name, 'the padding after it is not zero') };
  }
  const bytes = new Uint8Array(TRAILER_BYTES);
  yield { bytes, damage: problem(path, 'its end marker is damaged') };
}

/** Bytes of bundle.json were compared and verified before. */
function spanOf(piece: ArchivePiece, { index }: OpenedArchive): Span {
  if (piece.member !== undefined) return summedSpan(piece.member);
  const { bytes, damage } = piece;
  return bytes === index ? skippedSpan(bytes.byteLength) : fixedSpan(bytes, damage);
}

function* spansOf(
  archive: OpenedArchive,
  entries: readonly ExpectedEntry[],
): Generator<Span, void> {
  for (const piece of piecesOf(archive, entries)) yield spanOf(piece, archive);
}

/** Every byte of an archive that is as its index says, piece by piece. */
export function expectPieces(
  archive: Pick<OpenedArchive, 'index' | 'path'>,
  index: BundleIndex,
): Iterable<ArchivePiece> {
  return piecesOf(archive, expectEntries(index).entries);
}

function headerOf({ name, member, size }: ExpectedEntry): Buffer {
  return encodeHeader({ name, kind: member === undefined ? 'directory' : 'file', size });
}

function damagedHeader(name: string): Problem {
  return problem(name, 'its header in the archive is damaged');
}

function asItem(member: BundleMember): { name: string; size: number; member: BundleMember } {
  return { name: member.path, size: member.size, member };
}

function problem(subject: string, message: string): Problem {
  return {
    code: 'ARCHIVE_MALFORMED',
    severity: 'error',
    message: `${subject}: ${message}`,
    subject,
  };
}
