import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import { diskCall, isErrno, readSmallFile } from '../content/file-bytes.ts';
import { by } from '../oci/compare.ts';
import { MAX_RECEIPT_BYTES, parseReceipt } from './parse-receipt.ts';
import type { Receipt } from './receipt.ts';

/** A receipt as it lies in a folder. */
export interface StoredReceipt {
  /** Absolute. */
  readonly path: string;
  /** Of its bytes, 64 hex digits. */
  readonly sha256: string;
  readonly receipt: Receipt;
}

/** Ends the names of inventories that loads write beside receipts. */
export const INVENTORY_SUFFIX = '.inventory.json';

/** So many files are looked at for the one before; a folder that is not for receipts alone may hold anything. */
const MAX_CANDIDATES = 100;

/** Reads one receipt. @throws AirkitError DISK_FAILED, CONTENT_INVALID, UNSUPPORTED */
export async function readReceipt(path: string): Promise<StoredReceipt> {
  const bytes = await readSmallFile(path, MAX_RECEIPT_BYTES);
  if (bytes === undefined) {
    const message = `${path}: more than ${MAX_RECEIPT_BYTES} bytes are too many for a receipt`;
    throw new AirkitError('CONTENT_INVALID', message, { context: { path } });
  }
  return { path, sha256: sha256Of(bytes), receipt: parseReceipt(bytes, path) };
}

/**
 * All receipts in a folder, newest first; none where there is no folder. Files that cannot be read as receipts are
 * findings.
 *
 * @throws AirkitError DISK_FAILED when the folder cannot be listed
 */
export async function readReceipts(
  folder: string,
): Promise<{ receipts: StoredReceipt[]; problems: Problem[] }> {
  const receipts: StoredReceipt[] = [];
  const problems: Problem[] = [];
  for (const name of await jsonFiles(folder)) {
    try {
      receipts.push(await readReceipt(join(folder, name)));
    } catch (error) {
      if (!isAirkitError(error)) throw error;
      const { code, message } = error;
      problems.push({ code, severity: 'warning', message, subject: name });
    }
  }
  const newestFirst = receipts.toSorted(by(({ receipt, path }) => `${receipt.startedAt} ${path}`));
  return { receipts: newestFirst.toReversed(), problems };
}

/** The newest receipt in a folder that is finished, for the next one to name. */
export async function previousReceipt(folder: string): Promise<Receipt['previous']> {
  const names = await jsonFiles(folder);
  const found = await Promise.all(
    names.map(async (name) => ({ name, at: await modifiedAt(join(folder, name)) })),
  );
  const newestFirst = found.toSorted((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1));
  for (const { name } of newestFirst.slice(0, MAX_CANDIDATES)) {
    const stored = await readReceipt(join(folder, name)).catch(() => undefined);
    if (stored === undefined || stored.receipt.status === 'begun') continue;
    return { file: basename(stored.path), sha256: stored.sha256 };
  }
  return undefined;
}

/** Receipts that name one before them that is not in the folder, or has other bytes by now. */
export function brokenLinks(receipts: readonly StoredReceipt[]): Problem[] {
  const present = new Set(receipts.map(({ sha256 }) => sha256));
  return receipts.flatMap(({ path, receipt: { previous } }) => {
    if (previous === undefined || present.has(previous.sha256)) return [];
    const message = `${basename(path)}: the receipt before it, ${previous.file}, was removed or changed`;
    return [{ code: 'CHAIN_BROKEN', severity: 'warning' as const, message, subject: path }];
  });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function jsonFiles(folder: string): Promise<string[]> {
  return diskCall(folder, 'list', async () => {
    try {
      const names = await readdir(folder);
      return names.filter(isReceiptName).toSorted();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}

function isReceiptName(name: string): boolean {
  return name.endsWith('.json') && !name.endsWith(INVENTORY_SUFFIX) && !name.startsWith('.');
}

async function modifiedAt(path: string): Promise<bigint> {
  return stat(path, { bigint: true }).then(
    ({ mtimeNs }) => mtimeNs,
    () => 0n,
  );
}
