import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAirkitError } from '../errors.ts';
import { receiptFolderOf, type Host } from './host.ts';

export interface LastSerial {
  readonly serial: number;
  /** Path of the receipt that says so. */
  readonly receipt: string;
}

/** More receipts than that are not read; the names of new ones sort last. */
const MAX_RECEIPTS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Finds the serial of the kit of that name that was loaded last, as the receipts in the standard folder tell. It is told as
 * a warning only, so what is no receipt, or cannot be read, is passed over.
 */
export async function findLastSerial(host: Host, name: string): Promise<LastSerial | undefined> {
  const folder = receiptFolder(host);
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const recent = names
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .slice(-MAX_RECEIPTS);
  let last: (LastSerial & { readonly startedAt: string }) | undefined;
  for (const file of recent) {
    const receipt = join(folder ?? '', file);
    const found = await readLoad(receipt);
    if (found?.name !== name || (last !== undefined && found.startedAt < last.startedAt)) continue;
    last = { serial: found.serial, receipt, startedAt: found.startedAt };
  }
  return last;
}

function receiptFolder(host: Host): string | undefined {
  try {
    return receiptFolderOf(host);
  } catch (error) {
    if (isAirkitError(error)) return undefined;
    throw error;
  }
}

interface LoadOnRecord {
  readonly name: string;
  readonly serial: number;
  readonly startedAt: string;
}

/** Undefined for what is no receipt of a load that brought something. */
async function readLoad(path: string): Promise<LoadOnRecord | undefined> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return undefined;
    const document: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { kit, status, startedAt = '', results } = membersOf(document);
    const { name, serial } = membersOf(kit);
    const isKnown =
      typeof name === 'string' && typeof serial === 'number' && typeof startedAt === 'string';
    if (!isKnown || !(status === 'done' || hasArrived(results))) return undefined;
    return { name, serial, startedAt };
  } catch {
    return undefined;
  }
}

function hasArrived(results: unknown): boolean {
  if (!Array.isArray(results)) return false;
  return results.some((result) => {
    const { status } = membersOf(result);
    return status === 'loaded' || status === 'already-present';
  });
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
