/**
 * Counts what was done to airkit and what came of it. With AIRKIT_FAULT_LEDGER, lines are appended to that file, which
 * `npm run faults` sums up into the table of docs/reliability.md.
 */
import { appendFileSync } from 'node:fs';

/** One fault that was injected, or one input that was tried. */
export interface LedgerEntry {
  /** Row of the table. */
  readonly fault: string;
  /** What airkit was doing. */
  readonly during: string;
  /** Default 1. */
  readonly count?: number;
  /** Something damaged was taken for good. */
  readonly wrongAccepts?: number;
  /** Something that was there under its final name is there no more, or not whole. */
  readonly filesLost?: number;
  /** What else was not as it should be. */
  readonly problems?: readonly string[];
}

export function note(entry: LedgerEntry): void {
  const path = process.env['AIRKIT_FAULT_LEDGER'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}

/** A number of the full run, and the one that suffices for every day. */
export function amount(name: string, everyDay: number): number {
  const text = process.env[name];
  return text === undefined ? everyDay : Number(text);
}
