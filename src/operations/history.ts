import type { Problem } from '../errors.ts';
import { receiptFolderOf, type Host } from './host.ts';
import type { Receipt, ReceiptStatus } from './receipt.ts';
import { brokenLinks, readReceipts, type StoredReceipt } from './receipt-folder.ts';

/** A receipt in short. */
export interface HistoryEntry extends Pick<
  Receipt,
  'kind' | 'kit' | 'operator' | 'startedAt' | 'finishedAt' | 'status'
> {
  /** Absolute. */
  readonly path: string;
  /** Of the receipt's bytes, 64 hex digits. */
  readonly sha256: string;
  readonly targets: readonly string[];
  /** Images by what became of them. */
  readonly counts: Readonly<Partial<Record<ReceiptStatus, number>>>;
}

export interface History {
  /** The folder for receipts: absolute. */
  readonly folder: string;
  /** Newest first. */
  readonly receipts: readonly HistoryEntry[];
  /** Files that are no receipts, and receipts whose predecessor was removed or changed. */
  readonly warnings: readonly Problem[];
}

/**
 * The receipts of this machine. Those that `--receipt` put elsewhere are not among them.
 *
 * @throws AirkitError DISK_FAILED when the folder cannot be read, USAGE when there is no home
 */
export async function history(host: Host): Promise<History> {
  const folder = receiptFolderOf(host);
  const { receipts, problems } = await readReceipts(folder);
  return {
    folder,
    receipts: receipts.map(inShort),
    warnings: [...problems, ...brokenLinks(receipts)],
  };
}

function inShort({ path, sha256, receipt }: StoredReceipt): HistoryEntry {
  const { kind, kit, operator, startedAt, finishedAt, status, targets, results } = receipt;
  const counts: Partial<Record<ReceiptStatus, number>> = {};
  for (const { status: one } of results) counts[one] = (counts[one] ?? 0) + 1;
  const names = targets.map(({ target }) => target);
  return {
    path,
    sha256,
    kind,
    kit,
    operator,
    startedAt,
    finishedAt,
    status,
    targets: names,
    counts,
  };
}
