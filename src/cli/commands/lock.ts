import { lock, type LockChanges, type LockReport } from '../../index.ts';
import type { LockFlags } from '../flags.ts';
import { plural, shortDigest } from '../format.ts';
import type { Command } from '../run-command.ts';

export function lockCommand(file: string, { update }: LockFlags): Command {
  return async (host, options) => {
    const report = await lock(host, { ...options, file, update });
    const { path, isWritten, bundles } = report;
    return {
      data: { path, written: isWritten, bundles },
      text: reportText(report),
      notes: isWritten ? ['Next: commit it; airkit pack packs these images from now on.'] : [],
    };
  };
}

function reportText({ path, isWritten, bundles }: LockReport): string {
  const parts = bundles.map(
    (bundle) =>
      `${bundle.name}: ${plural(bundle.images, 'image')}\n${changeLines(bundle).join('')}`,
  );
  return `${parts.join('')}${path}${isWritten ? '' : ': unchanged'}\n`;
}

/** One line for each name that stands for something else than it did. */
export function changeLines({ moved, added, gone }: LockChanges): string[] {
  return [
    ...moved.map(
      ({ reference, locked, now }) =>
        `  moved  ${reference}  ${shortDigest(locked)} -> ${shortDigest(now)}\n`,
    ),
    ...added.map(({ reference, now }) => `  added  ${reference}  ${shortDigest(now)}\n`),
    ...gone.map(({ reference, locked }) => `  gone   ${reference}  ${shortDigest(locked)}\n`),
  ];
}
