import { AirkitError, diffKits, diffTarget, type DiffReport } from '../../index.ts';
import { formatBytes, formatTable, plural, shortDigest } from '../format.ts';
import type { DiffFlags } from '../flags.ts';
import { problemText, type Command } from '../run-command.ts';

export interface DiffedKits {
  readonly kit: string;
  readonly newer?: string | undefined;
}

export function diffCommand({ kit, newer }: DiffedKits, flags: DiffFlags): Command {
  return async (host, options) => {
    const { target, trust, scoped, volumes } = flags;
    if ((newer === undefined) === (target === undefined)) {
      throw new AirkitError('USAGE', 'diff compares two things', {
        hint: 'Name two kits, the older first, or one kit and --target.',
      });
    }
    const choices = { ...options, trust, scoped, volumes };
    const report =
      newer === undefined
        ? await diffTarget(host, { kit, target: target ?? '' }, choices)
        : await diffKits(host, { older: kit, newer }, choices);
    return {
      data: report,
      text: tableOf(report),
      notes: [...report.findings.map((one) => problemText(one).trimEnd()), summaryOf(report)],
    };
  };
}

function tableOf({ images }: DiffReport): string {
  const rows = images
    .filter(({ change }) => change !== 'same')
    .map(({ reference, change, from, to, message }) => [
      reference,
      change,
      from === undefined ? '-' : shortDigest(from),
      to === undefined ? '-' : shortDigest(to),
      message ?? '',
    ]);
  return rows.length === 0 ? '' : formatTable(['IMAGE', 'CHANGE', 'FROM', 'TO', ''], rows);
}

function summaryOf({ from, to, images, travel }: DiffReport): string {
  const count = (change: string): number => images.filter((one) => one.change === change).length;
  const unknown = count('unknown') === 0 ? '' : `, ${count('unknown')} unknown`;
  return `${from} → ${to}: ${count('added')} added, ${count('removed')} removed, ${count('moved')} moved, ${count('same')} the same${unknown}; ${formatBytes(travel.bytes)} in ${plural(travel.blobs, 'blob')} would travel`;
}
