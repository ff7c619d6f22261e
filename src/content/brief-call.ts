import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Larger files are not read briefly, in bytes. */
export const BRIEF_BYTES: number = 64 * 1024;

/** Calls after which timers and signals have their turn. */
const CALLS_PER_TURN = 32;
/** A call that takes longer has waited for a disk or a network, in milliseconds. */
const SLOW_MS = 1;
/** Calls that are then made aside before it is tried again. */
const CALLS_ASIDE = 64;

let made = 0;
let leftAside = 0;

/**
 * Makes a call of the file system that takes microseconds where the file is at hand: to wake a thread of libuv, and to be
 * woken by it, takes ten times as long. Where calls turn out to be slow they are made aside for a while, several at once.
 *
 * @param call the same in place
 * @param aside the same on a thread
 */
export async function callBriefly<T>(call: () => T, aside: () => T | Promise<T>): Promise<T> {
  if (leftAside > 0) {
    leftAside -= 1;
    return aside();
  }
  made += 1;
  if (made % CALLS_PER_TURN === 0) await setImmediate();
  const started = performance.now();
  try {
    return call();
  } finally {
    if (performance.now() - started > SLOW_MS) leftAside = CALLS_ASIDE;
  }
}

/**
 * All bytes of a regular file of at most {@link BRIEF_BYTES}. Undefined where there is none, where it cannot be read, and
 * where disks are slow: how it is read otherwise says what is wrong.
 */
export async function readBriefly(path: string): Promise<Uint8Array | undefined> {
  return callBriefly(
    () => {
      try {
        return readWhole(path);
      } catch {
        return undefined;
      }
    },
    () => undefined,
  );
}

function readWhole(path: string): Uint8Array | undefined {
  // Opening a pipe does not wait for who writes it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > BRIEF_BYTES) return undefined;
    const bytes = Buffer.allocUnsafe(found.size);
    return readSync(file, bytes, 0, found.size, 0) === found.size ? bytes : undefined;
  } finally {
    closeSync(file);
  }
}
