import type { FileHandle } from 'node:fs/promises';
import { diskCall, openForWriting, writeHandle } from '../content/file-bytes.ts';
import { bytesLocation } from '../content/mapped-reader.ts';
import type { ByteStream } from '../content/operation.ts';
import { splitRange, type ArchiveFile } from './volumes.ts';

/** A file of an archive that is being written. */
export interface WrittenPart extends ArchiveFile {
  readonly path: string;
}

/** Writes anywhere in an archive, across the ends of its volumes. */
export interface ArchiveWriter {
  /** Writes every chunk one after another from `offset` on, in bytes from the start of the archive. */
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
  const places = parts.map((part, position) => ({ ...part, file: files[position] }));
  return {
    write: async (bytes, offset) => writeAcross(places, bytes, offset),
    sync: async () => {
      for (const { path, file } of places) await diskCall(path, 'sync', async () => file?.sync());
    },
    close,
  };
}

interface OpenPart extends WrittenPart {
  readonly file: FileHandle | undefined;
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
      const { file, path } = piece.part;
      if (file === undefined) throw new Error(`${path} is not open`);
      const slice = bytesLocation(chunk.subarray(done, done + piece.length)).open();
      await writeHandle(file, slice, { path, offset: piece.offset });
      done += piece.length;
    }
    if (done < chunk.byteLength) throw new Error(`byte ${position + done} is beyond the archive`);
    position += chunk.byteLength;
  }
}
