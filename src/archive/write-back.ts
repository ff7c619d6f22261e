/** Bytes after which the disk is set to work while more are written. */
const WRITE_BACK_BYTES = 64 * 1024 * 1024;

export type SyncCall = 'sync' | 'datasync';

/** Lets the disk work while bytes still come, so that little is left to wait for at the end. */
export interface WriteBack {
  /**
   * Called after each write. Waits for a disk that is two steps behind.
   *
   * @throws AirkitError DISK_FAILED, NO_SPACE
   */
  wrote(bytes: number): Promise<void>;
  /** Syncs. @throws AirkitError DISK_FAILED, NO_SPACE: of any sync so far, since the kernel tells each failure once */
  finish(): Promise<void>;
  /** Resolves or rejects when nothing is under way. */
  settled(): Promise<void>;
}

/**
 * @param sync of the whole file; not called again before it has ended
 * @param stepBytes after which it is called. Default 64 MiB
 */
export function openWriteBack(
  sync: (call: SyncCall) => Promise<void>,
  stepBytes: number = WRITE_BACK_BYTES,
): WriteBack {
  let unsynced = 0;
  let isRunning = false;
  let syncing: Promise<void> = Promise.resolve();
  const syncData = async (): Promise<void> => {
    await syncing;
    await sync('datasync');
    isRunning = false;
  };
  return {
    wrote: async (bytes) => {
      unsynced += bytes;
      if (unsynced < stepBytes) return;
      if (isRunning && unsynced < 2 * stepBytes) return;
      if (isRunning) await syncing;
      if (isRunning) return;
      unsynced = 0;
      isRunning = true;
      syncing = syncData();
      syncing.catch(() => undefined); // told at the end
    },
    finish: async () => {
      await syncing;
      syncing = sync('sync');
      await syncing;
    },
    settled: async () => syncing,
  };
}
