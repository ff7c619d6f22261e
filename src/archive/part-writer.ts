import type { FileHandle } from 'node:fs/promises';
import { diskCall, openForWriting, writeHandle } from '../content/file-bytes.ts';
import { gatherChunks, openChunkMemory } from '../content/gather-chunks.ts';
import { bytesLocation } from '../content/mapped-reader.ts';
import type { ByteStream } from '../content/operation.ts';
import { splitRange, type ArchiveFile } from './volumes.ts';
import { openWriteBack, type SyncCall, type WriteBack } from './write-back.ts';

/** A file of an archive that is being written. */
export interface WrittenPart extends ArchiveFile {
  readonly path: string;
}

/** Writes anywhere in an archive, across the ends of its volumes. */
export interface ArchiveWriter {
  /**
   * Writes every chunk one after another from `offset` on, in bytes from the start of the archive. A chunk need be good
   * only until the next is asked for.
   *
   * @param onWritten called with where the bytes end that have been written so far
   */
  write(bytes: ByteStream, offset: number, onWritten?: (end: number) => void): Promise<void>;
  /** Tells that every byte before `end` has been written. */
  complete(end: number): void;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface ArchiveWriterOptions {
  /** True keeps the bytes that are in the files. */
  readonly isResumed: boolean;
  /** Called when more bytes from the start of the archive on are written and synced, with how many. */
  readonly onSettled?: ((end: number) => void) | undefined;
}

/**
 * Opens the files of an archive, each at once as long as it will be.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE
 */
export async function openArchiveWriter(
  parts: readonly WrittenPart[],
  { isResumed, onSettled }: ArchiveWriterOptions,
): Promise<ArchiveWriter> {
  const files = await openFiles(parts, isResumed);
  const tally = openSyncTally(parts);
  const places = parts.map((part, position) => {
    const file = files[position];
    const sync = async (call: SyncCall): Promise<void> => {
      const end = tally.complete;
      await diskCall(part.path, 'sync', async () => file?.[call]());
      onSettled?.(tally.synced(position, end));
    };
    return { ...part, file, writeBack: openWriteBack(sync) };
  });
  const memory = openChunkMemory();
  return {
    write: async (bytes, offset, onWritten) =>
      writeAcross(places, gatherChunks(bytes, memory), { offset, onWritten }),
    complete: (end) => {
      tally.complete = end;
    },
    sync: async () => {
      await Promise.all(places.map(async ({ writeBack }) => writeBack.finish()));
    },
    close: async () => {
      await Promise.allSettled(places.map(async ({ writeBack }) => writeBack.settled()));
      await closeAll(files);
    },
  };
}

async function openFiles(parts: readonly WrittenPart[], keeps: boolean): Promise<FileHandle[]> {
  const files: FileHandle[] = [];
  try {
    for (const { path, size } of parts) {
      const file = await openForWriting(path, { keeps });
      files.push(file);
      await diskCall(path, 'set the size of', () => file.truncate(size));
    }
    return files;
  } catch (error) {
    await closeAll(files);
    throw error;
  }
}

async function closeAll(files: readonly FileHandle[]): Promise<void> {
  await Promise.all(files.map(async (file) => file.close()));
}

/** What is on the disk of an archive, from its start on. */
interface SyncTally {
  /** Bytes from the start of the archive on that have been written, in whichever of its files they are. */
  complete: number;
  /** Notes that a file holds all bytes before `end` that belong into it. @returns how many all files hold so */
  synced(position: number, end: number): number;
}

function openSyncTally(parts: readonly ArchiveFile[]): SyncTally {
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const ends = parts.map(() => 0);
  return {
    complete: 0,
    synced: (position, end) => {
      ends[position] = end;
      const first = parts.findIndex(({ start, size }, other) => (ends[other] ?? 0) < start + size);
      const part = parts[first];
      return part === undefined ? total : Math.max(part.start, ends[first] ?? 0);
    },
  };
}

interface OpenPart extends WrittenPart {
  readonly file: FileHandle | undefined;
  readonly writeBack: WriteBack;
}

async function writeAcross(
  parts: readonly OpenPart[],
  bytes: ByteStream,
  {
    offset,
    onWritten,
  }: { readonly offset: number; readonly onWritten: ((end: number) => void) | undefined },
): Promise<void> {
  let position = offset;
  for await (const chunk of bytes) {
    let done = 0;
    const range = { offset: position, length: chunk.byteLength };
    for (const piece of splitRange(parts, range)) {
      const { file, path, writeBack } = piece.part;
      if (file === undefined) throw new Error(`${path} is not open`);
      const slice = bytesLocation(chunk.subarray(done, done + piece.length)).open();
      await writeHandle(file, slice, { path, offset: piece.offset });
      await writeBack.wrote(piece.length);
      done += piece.length;
    }
    if (done < chunk.byteLength) throw new Error(`byte ${position + done} is beyond the archive`);
    position += chunk.byteLength;
    onWritten?.(position);
  }
}
