import { collectBytes } from '../content/read-document.ts';
import type { OpenedArchive } from './read-archive.ts';

/** Bytes read at once where fewer are asked for. */
const WINDOW_BYTES = 64 * 1024;

/**
 * An archive that is read front to back with far fewer calls: small entries lie a few hundred bytes apart, and a kit can
 * have tens of thousands of them. Where more than was asked for cannot be read, only that is. For one reader at a time.
 */
export function readAhead(archive: OpenedArchive): OpenedArchive {
  const { size, read } = archive;
  let [start, window] = [0, new Uint8Array() as Uint8Array];
  return {
    ...archive,
    read: async function* (offset, length, options) {
      const isSmall = length < WINDOW_BYTES && offset + length <= size;
      if (isSmall && (offset < start || offset + length > start + window.byteLength)) {
        const ahead = read(offset, Math.min(WINDOW_BYTES, size - offset), options);
        window = await collectBytes(ahead, WINDOW_BYTES).catch(() => new Uint8Array());
        start = offset;
      }
      const from = offset - start;
      if (!isSmall || from + length > window.byteLength) yield* read(offset, length, options);
      else yield window.subarray(from, from + length);
    },
  };
}
