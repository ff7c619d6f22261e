import { once } from 'node:events';

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
