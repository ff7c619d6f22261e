import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { TargetResult } from '../content/image.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { digestOf } from '../oci/digest.ts';
import { VERSION } from '../version.ts';
import { receiptFolderOf, resolvePath, type Host } from './host.ts';
import type { VerifiedKit } from './require-verified.ts';

/** A record of one load, begun before the first change. */
export interface Receipt {
  /** Absolute. */
  readonly path: string;
  finish(results: readonly TargetResult[], error?: unknown): Promise<void>;
}

export interface ReceiptSubject {
  readonly verified: VerifiedKit;
  readonly target: string;
  /** Where to write it; by default a file of its own in the folder for receipts. */
  readonly file?: string | undefined;
}

/**
 * Begins a receipt: which kit, by whom, where to, when.
 *
 * @throws AirkitError DISK_FAILED when it cannot be written, so that no load goes unrecorded
 */
export async function beginReceipt(
  host: Host,
  { verified, target, file }: ReceiptSubject,
): Promise<Receipt> {
  const { index, kit, signers } = verified;
  const startedAt = new Date().toISOString();
  const fileName = `${startedAt.replaceAll(/[:.]/g, '-')}-${index.name}-${host.pid}.json`;
  const path = file === undefined ? join(receiptFolderOf(host), fileName) : resolvePath(host, file);
  const begun = {
    schemaVersion: 1,
    kit: {
      name: index.name,
      version: index.version,
      serial: index.serial,
      index: digestOf(kit.index),
    },
    signers: signers.map(({ keyId, trusted }) => ({ keyId, trusted })),
    target,
    host: host.hostname,
    operator: host.user,
    airkit: VERSION,
    startedAt,
  };
  const write = async (more: object): Promise<void> =>
    writeFileAtomically(
      path,
      Buffer.from(`${JSON.stringify({ ...begun, ...more }, undefined, 2)}\n`),
    );
  await write({ status: 'begun', results: [] });
  return {
    path,
    finish: async (results, error) => {
      const isDone = error === undefined && results.every(({ status }) => status !== 'failed');
      await write({
        status: isDone ? 'done' : 'failed',
        finishedAt: new Date().toISOString(),
        results,
        ...(error === undefined ? {} : { error: messageOf(error) }),
      });
    },
  };
}
