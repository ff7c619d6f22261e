import type { Readable } from 'node:stream';

/**
 * Runs what reads an archive. When the archive itself breaks off, its own error is thrown: the reader knows only that
 * bytes are missing.
 */
export async function watchArchive<T>(archive: Readable, read: () => Promise<T>): Promise<T> {
  let broken: Error | undefined;
  archive.on('error', (error) => {
    broken ??= error;
  });
  try {
    const result = await read();
    if (broken !== undefined) throw broken;
    return result;
  } catch (error) {
    throw broken ?? error;
  } finally {
    archive.destroy();
  }
}
