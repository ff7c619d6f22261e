import { createHash } from 'node:crypto';
import type { Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { collectBytes } from '../content/read-document.ts';
import { encodeHeader, paddingOf, TRAILER_BYTES } from '../tar/header.ts';
import type { BundleIndex, BundleMember } from './bundle-index.ts';
import { BUNDLE_INDEX_PATH, placeEntries } from './layout.ts';
import type { ByteSink } from './part-sums.ts';
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
  /** Receives every byte of the archive in order, when bytes are read. */
  readonly whole?: ByteSink | undefined;
}

/**
 * Checks an archive against its index, front to back: every header, the padding, the trailer, that nothing follows, and
 * the sha256 of every member. Together they cover every byte.
 */
export async function checkFrames(
  question: FrameCheck,
  options: OperationOptions = {},
): Promise<Problem[]> {
  const check = { ...question, archive: readAhead(question.archive) };
  const { archive, index } = check;
  const { entries, size, problems } = expectEntries(index);
  if (problems.length > 0) return problems;
  if (archive.size !== archive.base + size) {
    const verb = archive.size < archive.base + size ? 'cut off' : 'longer than it should be';
    problems.push(
      problem(
        archive.path,
        `it is ${verb}: ${archive.size} bytes, ${archive.base + size} are expected`,
      ),
    );
    if (archive.size < archive.base + size) return problems;
  }
  if (check.readsBytes) {
    await checkHead(check, problems);
  }
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    await checkEntry({ check, entry, problems }, options);
  }
  const end = archive.base + size;
  if (!(await isZeros(check, { offset: end - TRAILER_BYTES, length: TRAILER_BYTES }))) {
    problems.push(problem(archive.path, 'its end marker is damaged'));
  }
  return problems;
}

/** Header, bytes and padding of bundle.json's own entry; its bytes were compared and verified before. */
async function checkHead({ archive, whole }: FrameCheck, problems: Problem[]): Promise<void> {
  const size = archive.index.byteLength;
  const header = encodeHeader({ name: BUNDLE_INDEX_PATH, kind: 'file', size });
  const head = await collectBytes(archive.read(0, archive.base), archive.base);
  whole?.update(head);
  const padding = head.subarray(header.byteLength + size);
  if (!head.subarray(0, header.byteLength).equals(header) || !padding.every((byte) => byte === 0)) {
    problems.push(problem(BUNDLE_INDEX_PATH, 'its header or padding in the archive is damaged'));
  }
}

interface EntryCheck {
  readonly check: FrameCheck;
  readonly entry: ExpectedEntry;
  readonly problems: Problem[];
}

async function checkEntry(
  { check, entry, problems }: EntryCheck,
  options: OperationOptions,
): Promise<void> {
  const { archive, readsBytes, whole } = check;
  const { name, size, member } = entry;
  const header = encodeHeader({ name, kind: member === undefined ? 'directory' : 'file', size });
  const found = await collectBytes(
    archive.read(archive.base + entry.start, header.byteLength),
    header.byteLength,
  );
  if (readsBytes) whole?.update(found);
  if (!found.equals(header)) problems.push(problem(name, 'its header in the archive is damaged'));
  if (member === undefined || !readsBytes) return;
  const hash = createHash('sha256');
  for await (const chunk of archive.read(archive.base + entry.offset, size, options)) {
    hash.update(chunk);
    whole?.update(chunk);
    options.onProgress?.({ kind: 'bytes', bytes: chunk.byteLength });
  }
  const actual = hash.digest('hex');
  if (actual !== member.sha256) {
    problems.push({
      ...problem(name, `its bytes have the sha256 ${actual}`),
      code: 'DIGEST_MISMATCH',
    });
  }
  const gap = { offset: archive.base + entry.offset + size, length: paddingOf(size) };
  if (!(await isZeros(check, gap)))
    problems.push(problem(name, 'the padding after it is not zero'));
}

async function isZeros(
  { archive, readsBytes, whole }: FrameCheck,
  gap: { offset: number; length: number },
): Promise<boolean> {
  if (!readsBytes || gap.length === 0) return true;
  const bytes = await collectBytes(archive.read(gap.offset, gap.length), gap.length);
  whole?.update(bytes);
  return bytes.every((byte) => byte === 0);
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
