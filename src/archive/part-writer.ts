import type { FileHandle } from 'node:fs/promises';
import { diskCall, openForWriting, writeHandle } from '../content/file-bytes.ts';
import { gatherChunks, openChunkMemory } from '../content/gather-chunks.ts';
import { bytesLocation } from '../content/mapped-reader.ts';
import type { ByteStream } from '../content/operation.ts';
import { splitRange, type ArchiveFile } from './volumes.ts';

/** A file of an archive that is being written. */
export interface WrittenPart extends ArchiveFile {
  readonly path: string;
}

/** Writes anywhere in an archive, across the ends of its volumes. */
export interface ArchiveWriter {
  /**
   * Writes every chunk one after another from `offset` on, in bytes from the start of the archive. A chunk need be good
   * only until the next is asked for.
   */
  write(bytes: ByteStream, offset: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the files of an archive, each at once as long as it will be.
 *
 * @param isResumed true keeps the bytes that are in them
 * @throws AirkitError DISK_FAILED, NO_SPACE
 */
export async function openArchiveWriter(
  parts: readonly WrittenPart[],
  { isResumed }: { readonly isResumed: boolean },
): Promise<ArchiveWriter> {
  const files: FileHandle[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map(async (file) => file.close()));
  };
  try {
    for (const { path, size } of parts) {
      const file = await openForWriting(path, { keeps: isResumed });
      files.push(file);
      await diskCall(path, 'set the size of', () => file.truncate(size));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const places = parts.map((part, position) => {
    const file = files[position];
    return { ...part, file, writeBack: openWriteBack(part.path, file) };
  });
  const memory = openChunkMemory();
  return {
    write: async (bytes, offset) => writeAcross(places, gatherChunks(bytes, memory), offset),
    sync: async () => {
      await Promise.all(places.map(async ({ writeBack }) => writeBack.finish()));
    },
    close: async () => {
      await Promise.allSettled(places.map(async ({ writeBack }) => writeBack.settled()));
      await close();
    },
  };
}

interface OpenPart extends WrittenPart {
  readonly file: FileHandle | undefined;
  readonly writeBack: WriteBack;
}

/** Bytes after which the disk is set to work while more are written. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;

/** Lets the disk work while bytes still come, so that little is left to wait for at the end. */
interface WriteBack {
  /** Called after each write. */
  wrote(bytes: number): void;
  /** Syncs. @throws AirkitError DISK_FAILED, NO_SPACE: of any sync so far, since the kernel tells each failure once */
  finish(): Promise<void>;
  /** Resolves or rejects when nothing is under way. */
  settled(): Promise<void>;
}

function openWriteBack(path: string, file: FileHandle | undefined): WriteBack {
  let unsynced = 0;
  let isRunning = false;
  let syncing: Promise<void> = Promise.resolve();
  const syncData = async (): Promise<void> => {
    await syncing;
    await diskCall(path, 'sync', async () => file?.datasync());
    isRunning = false;
  };
  return {
    wrote: (bytes) => {
      unsynced += bytes;
      if (unsynced < WRITE_BACK_BYTES || isRunning) return;
      unsynced = 0;
      isRunning = true;
      syncing = syncData();
      syncing.catch(() => undefined); // told at the end
    },
    finish: async () => {
      await syncing;
      await diskCall(path, 'sync', async () => file?.sync());
    },
    settled: async () => syncing,
  };
}

async function writeAcross(
  parts: readonly OpenPart[],
  bytes: ByteStream,
  offset: number,
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
      writeBack.wrote(piece.length);
      done += piece.length;
    }
    if (done < chunk.byteLength) throw new Error(`byte ${position + done} is beyond the archive`);
    position += chunk.byteLength;
  }
}
