import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AirkitError, messageOf } from '../errors.ts';
import { nearestExisting } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { VERSION } from '../version.ts';
import { receiptFolderOf, resolvePath, type Host } from './host.ts';
import {
  formatReceipt,
  RECEIPT_MEDIA_TYPE,
  type Receipt,
  type ReceiptResult,
  type ReceiptTarget,
} from './receipt.ts';
import { previousReceipt } from './receipt-folder.ts';

/** For its owner and the group only: a receipt tells what a machine runs. */
const RECEIPT_MODE = 0o640;

/** What a receipt is about. */
export type ReceiptSubject = Pick<
  Receipt,
  'kind' | 'kit' | 'signers' | 'targets' | 'results' | 'reverses'
>;

/** A receipt that is being written. */
export interface RunningReceipt {
  /** Absolute. */
  readonly path: string;
  /** Takes down the outcome of one image; on the disk when this resolves. @throws AirkitError DISK_FAILED, NO_SPACE */
  settle(result: ReceiptResult): Promise<void>;
  /** Closes it. @throws AirkitError DISK_FAILED, NO_SPACE */
  finish(end: ReceiptEnd): Promise<void>;
}

export interface ReceiptEnd {
  /** In their final order; without them, what was settled stays. */
  readonly results?: readonly ReceiptResult[] | undefined;
  readonly targets?: readonly ReceiptTarget[] | undefined;
  /** What broke it off. */
  readonly error?: unknown;
}

/**
 * Where a receipt goes: the named file, or one of its own in the folder for receipts, whose names sort by time.
 *
 * @throws AirkitError USAGE for a place inside the kit, which must stay as it was signed, or when there is no home
 */
export async function placeReceipt(
  host: Host,
  { file, kind, name, kit }: ReceiptPlace,
): Promise<string> {
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const unique = `${host.pid}-${randomBytes(3).toString('hex')}`;
  const own = `${time}-${kind}-${name}-${unique}.json`;
  const path = file === undefined ? join(receiptFolderOf(host), own) : resolvePath(host, file);
  if (kit !== undefined && (await isInside(path, kit))) {
    throw new AirkitError('USAGE', `${path}: a receipt does not belong into the kit`, {
      hint: 'Give --receipt a place on this machine.',
      context: { path },
    });
  }
  return path;
}

export interface ReceiptPlace {
  /** As it was given. */
  readonly file?: string | undefined;
  readonly kind: Receipt['kind'];
  /** Of the kit, for the file's name. */
  readonly name: string;
  /** The kit's folder, or the archive that stands alone: absolute. */
  readonly kit?: string | undefined;
}

/**
 * Begins a receipt, before the first change.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE when it cannot be written, so that nothing goes unrecorded
 */
export async function beginReceipt(
  host: Host,
  path: string,
  subject: ReceiptSubject,
): Promise<RunningReceipt> {
  const [sole] = subject.targets.length === 1 ? subject.targets : [];
  const begun: Receipt = {
    mediaType: RECEIPT_MEDIA_TYPE,
    schemaVersion: 1,
    ...subject,
    target: sole?.target,
    host: host.hostname,
    operator: host.user,
    airkit: VERSION,
    startedAt: new Date().toISOString(),
    status: 'begun',
    previous: await previousReceipt(dirname(path)),
  };
  const settled = new Map(subject.results.map((result) => [keyOf(result), result]));
  const write = lastStateOnly(async (receipt: Receipt) =>
    writeFileAtomically(path, formatReceipt(receipt), { mode: RECEIPT_MODE }),
  );
  await write(begun);
  return {
    path,
    settle: async (result) => {
      settled.set(keyOf(result), result);
      await write({ ...begun, results: [...settled.values()] });
    },
    finish: async ({ results = [...settled.values()], targets = begun.targets, error }) =>
      write({
        ...begun,
        targets,
        results,
        status: error === undefined ? statusOf(results) : 'failed',
        finishedAt: new Date().toISOString(),
        ...(error === undefined ? {} : { error: messageOf(error) }),
      }),
  };
}

/**
 * Closes a receipt with what broke its work off. A receipt that cannot be closed is a warning, and must not hide that.
 *
 * @throws `error`
 */
export async function breakOff(
  receipt: RunningReceipt,
  error: unknown,
  { onProgress }: OperationOptions,
): Promise<never> {
  await receipt.finish({ error }).catch((failure: unknown) => {
    const message = `${receipt.path}: the receipt does not tell how it ended: ${messageOf(failure)}`;
    onProgress?.({ kind: 'warning', message });
  });
  throw error;
}

/** How a load or rollback went as a whole. */
export function statusOf(results: readonly ReceiptResult[]): 'done' | 'partly' | 'failed' {
  if (!results.some(isBad)) return 'done';
  return results.every(isBad) ? 'failed' : 'partly';
}

function isBad({ status }: ReceiptResult): boolean {
  return ['failed', 'pending', 'changed', 'unknown'].includes(status);
}

function keyOf({ target, reference }: ReceiptResult): string {
  return `${target} ${reference}`;
}

/**
 * Images settle side by side, but a file has one last state: what is asked for while the file is being written is written
 * once, in its last state, for all who wait.
 */
function lastStateOnly<State>(
  write: (state: State) => Promise<void>,
): (state: State) => Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  let next: { state: State; readonly written: Promise<void> } | undefined;
  const writeNext = async (): Promise<void> => {
    await before;
    if (next === undefined) return;
    const { state } = next;
    next = undefined;
    await write(state);
  };
  return async (state) => {
    if (next !== undefined) {
      next.state = state;
      return next.written;
    }
    const written = writeNext();
    next = { state, written };
    before = written.catch(() => undefined);
    return written;
  };
}

/** True for the path itself and all below it, also through links. */
async function isInside(path: string, folder: string): Promise<boolean> {
  const existing = await nearestExisting(path);
  const real = join(await realpath(existing), relative(existing, path));
  const way = relative(await realpath(folder), real);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || way.startsWith(sep));
}
