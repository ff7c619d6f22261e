import { once } from 'node:events';
import type { PartsReader } from './read-parts.ts';

/** How much of an archive that is being written is in place and synced, from its first byte on. */
export interface SettledBytes {
  /** Tells that the first `end` bytes are. */
  advance(end: number): void;
  /**
   * Waits until more than the first `position` bytes are.
   *
   * @returns how many
   * @throws the signal's reason
   */
  beyond(position: number, signal: AbortSignal): Promise<number>;
}

/** Begins with none. */
export function openSettledBytes(): SettledBytes {
  const news = new EventTarget();
  let settled = 0;
  return {
    advance: (end) => {
      if (end <= settled) return;
      settled = end;
      news.dispatchEvent(new Event('advance'));
    },
    beyond: async (position, signal) => {
      for (;;) {
        signal.throwIfAborted();
        if (settled > position) return settled;
        await once(news, 'advance', { signal }).catch(() => signal.throwIfAborted());
      }
    },
  };
}

/** Reads an archive close behind its writer: each byte once it is settled. */
export function readBehind<Archive extends PartsReader>(
  archive: Archive,
  { settled, signal }: { readonly settled: SettledBytes; readonly signal: AbortSignal },
): Archive {
  return {
    ...archive,
    read: async function* (offset, length, options) {
      const end = offset + length;
      for (let at = offset; at < end;) {
        const ready = Math.min(end, await settled.beyond(at, signal));
        yield* archive.read(at, ready - at, options);
        at = ready;
      }
    },
  };
}
