import { Buffer } from 'node:buffer';
import type { AssembledArchive } from '../archive/assemble-archive.ts';
import { checkFrames, expectPieces } from '../archive/check-frames.ts';
import { sumArchiveAside, type ArchiveSums } from '../archive/part-sums.ts';
import type { WrittenPart } from '../archive/part-writer.ts';
import { openVolumes } from '../archive/read-archive.ts';
import type { WriteObserver } from '../archive/write-archive.ts';
import { openSettledBytes, type SettledBytes } from '../archive/settled-bytes.ts';
import { sumBehind } from '../archive/sum-behind.ts';
import type { OperationOptions } from '../content/operation.ts';
import { archiveSize } from './fill-archive.ts';

export interface ReadBackQuestion {
  /** As messages name the archive. */
  readonly path: string;
  readonly parts: readonly WrittenPart[];
  readonly assembled: AssembledArchive;
}

/** An archive that is read back while it is written, every byte as soon as it has been synced. */
export interface ReadBack extends WriteObserver, AsyncDisposable {
  /**
   * To be called when all is written. What was read until then counts for a phase that begins now.
   *
   * @throws AirkitError DISK_FAILED, ARCHIVE_MALFORMED; the signal's reason
   */
  result(): Promise<ReadBackResult>;
}

export type ReadBackResult =
  /** Every byte is as it should be. */
  | { readonly sums: ArchiveSums; readonly problem?: undefined }
  /** What is wrong, for people. */
  | { readonly sums?: undefined; readonly problem: string };

/** Begins to read an archive back. Disposing ends that, whatever has been written. */
export function openReadBack(question: ReadBackQuestion, options: OperationOptions): ReadBack {
  const settled = openSettledBytes();
  let isRewritten = false;
  const stop = new AbortController();
  const signals = [stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const phase = openLatePhase(archiveSize(question.assembled), options);
  const reading = { signal: AbortSignal.any(signals), onProgress: phase.onProgress };
  const checked = checkBehind(question, { ...reading, settled });
  checked.catch(() => undefined); // told by result()
  return {
    settled: (end) => settled.advance(end),
    rewritten: () => {
      isRewritten = true;
    },
    result: async () => {
      phase.begin();
      const found = await checked;
      return isRewritten ? checkInPlace(question, reading) : found;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await checked.catch(() => undefined);
    },
  };
}

interface ReadBehindOptions extends OperationOptions {
  readonly signal: AbortSignal;
  readonly settled: SettledBytes;
}

/** Smaller archives are read sooner than a thread has started. In bytes. */
const WORTH_A_THREAD = 32 * 1024 * 1024;

async function checkBehind(
  question: ReadBackQuestion,
  { settled, ...options }: ReadBehindOptions,
): Promise<ReadBackResult> {
  const { path, parts, assembled } = question;
  const size = archiveSize(assembled);
  if (size >= WORTH_A_THREAD) {
    const pieces = expectPieces({ path, index: assembled.indexBytes }, assembled.index);
    const sums = await sumBehind({ parts, pieces, settled }, options);
    if (sums !== undefined) return { sums };
  }
  await settled.beyond(size - 1, options.signal);
  return checkInPlace(question, options);
}

/** Says what is wrong. */
async function checkInPlace(
  { path, parts, assembled }: ReadBackQuestion,
  options: OperationOptions,
): Promise<ReadBackResult> {
  const { indexBytes, index } = assembled;
  const archive = await openVolumes(path, { ...options, parts });
  if (Buffer.compare(archive.index, indexBytes) !== 0)
    return { problem: 'bundle.json in the archive has other bytes' };
  await using reading = sumArchiveAside(archive);
  const [problem] = await checkFrames({ archive, index, readsBytes: true, reading }, options);
  const sums = await reading.result();
  if (problem !== undefined) return { problem: problem.message };
  return sums === undefined ? { problem: 'a part of it was not read' } : { sums };
}

/** Keeps the progress of a phase that goes on beside another until its own turn comes. */
function openLatePhase(
  bytes: number,
  { onProgress }: OperationOptions,
): { begin(): void; readonly onProgress: NonNullable<OperationOptions['onProgress']> } {
  let kept = 0;
  let hasBegun = false;
  return {
    begin: () => {
      hasBegun = true;
      onProgress?.({ kind: 'phase', phase: 'read-back', bytes });
      if (kept > 0) onProgress?.({ kind: 'bytes', bytes: kept });
    },
    onProgress: (event) => {
      if (!hasBegun && event.kind === 'bytes') kept += event.bytes;
      else onProgress?.(event);
    },
  };
}
