/** Memory for frames, used again: V8 collects all garbage after every 64 MiB of new memory outside its heap. */
export interface FrameMemory {
  take(): Uint8Array<ArrayBuffer>;
  /** Gives memory back whose bytes nobody needs any more, once; other memory is left alone. */
  release(memory: Uint8Array<ArrayBuffer>): void;
}

/**
 * Memory of `frameBytes` each, not cleared.
 *
 * @param kept pieces that are kept while nobody needs them
 */
export function openFrameMemory(frameBytes: number, kept: number): FrameMemory {
  const free: Uint8Array<ArrayBuffer>[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(frameBytes),
    release: ({ buffer }) => {
      if (free.length < kept && buffer.byteLength === frameBytes) free.push(new Uint8Array(buffer));
    },
  };
}
