import type { TargetResult } from '../content/image.ts';
import type { Digest } from '../oci/digest.ts';
import { printable } from '../printable.ts';
import type { SparseIndex } from '../transports/registry/sparse-index.ts';

export const RECEIPT_MEDIA_TYPE = 'application/vnd.airkit.receipt.v1+json';

/** What one load or rollback did (docs/receipts.md). */
export interface Receipt {
  readonly mediaType: typeof RECEIPT_MEDIA_TYPE;
  readonly schemaVersion: 1;
  readonly kind: 'load' | 'rollback';
  readonly kit: ReceiptKit;
  readonly signers: readonly { readonly keyId: string; readonly trusted: boolean }[];
  /** The sole target, as it was named; undefined where there were several. */
  readonly target?: string | undefined;
  readonly targets: readonly ReceiptTarget[];
  /** Name of the machine that airkit ran on. */
  readonly host: string;
  /** Who ran airkit: behind sudo, the person who called it. */
  readonly operator: string;
  /** Version of airkit. */
  readonly airkit: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt?: string | undefined;
  /** `begun`: it still runs, or broke off without a word. */
  readonly status: 'begun' | 'done' | 'partly' | 'failed';
  /** The newest receipt in its folder that was finished before this one began: sha256 of its bytes. */
  readonly previous?: { readonly file: string; readonly sha256: string } | undefined;
  /** Of a rollback: sha256 of the receipt that it rolled back. */
  readonly reverses?: string | undefined;
  readonly results: readonly ReceiptResult[];
  /** Why it failed as a whole. */
  readonly error?: string | undefined;
}

export interface ReceiptKit {
  readonly name: string;
  readonly version: string;
  readonly serial?: number | undefined;
  /** Digest of bundle.json, which names every byte of the kit. */
  readonly index: Digest;
}

/** A target with all that it takes to reach it again. */
export interface ReceiptTarget {
  /** As `--to` named it. */
  readonly target: string;
  /** Where relative paths in it start. */
  readonly directory: string;
  /** Variables that said where the engine is; without user or password. */
  readonly environment: Readonly<Record<string, string>>;
  readonly scoped?: boolean | undefined;
  readonly sparseIndex?: SparseIndex | undefined;
  /** Bytes of content sent; absent until it is known. */
  readonly sentBytes?: number | undefined;
  /** Why nothing, or nothing more, could be done there. */
  readonly error?: string | undefined;
}

export type ReceiptStatus =
  | TargetResult['status']
  /** Not settled: the load still runs, or broke off before. */
  | 'pending'
  // Of rollbacks.
  | 'restored'
  | 'removed'
  | 'changed'
  | 'unknown';

/** One image in one target. */
export interface ReceiptResult {
  readonly target: string;
  /** Canonical. */
  readonly reference: string;
  /** The kit's name where it differs. */
  readonly original?: string | undefined;
  readonly status: ReceiptStatus;
  /** What the name stood for before, and stands for now: the target's own ID. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly sentBytes?: number | undefined;
  readonly message?: string | undefined;
}

/** The bytes of a receipt: indented JSON that may be shown on a terminal, whatever an engine said. */
export function formatReceipt(receipt: Receipt): Uint8Array {
  return Buffer.from(printable(`${JSON.stringify(receipt, undefined, 2)}\n`));
}
