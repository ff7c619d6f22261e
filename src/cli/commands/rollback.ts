import { rollback, type RollbackReport } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatTable, plural, shortDigest } from '../format.ts';
import type { RollbackFlags } from '../flags.ts';
import type { Command, CommandError } from '../run-command.ts';

export function rollbackCommand(path: string, { dryRun, receipt }: RollbackFlags): Command {
  return async (host, options) => {
    const report = await rollback(host, path, { ...options, dryRun, receipt });
    return { data: report, text: tableOf(report), notes: notesOf(report), ...outcomeOf(report) };
  };
}

function tableOf({ results }: RollbackReport): string {
  const rows = results.map(({ target, reference, status, after, message = '' }) => [
    target,
    reference,
    status,
    after === undefined ? '-' : shortDigest(after),
    message,
  ]);
  return formatTable(['TARGET', 'IMAGE', 'STATUS', 'ID', ''], rows);
}

function notesOf({ results, receipt, dryRun }: RollbackReport): string[] {
  if (results.length === 0) return ['that load changed no name: there is nothing to put back'];
  if (dryRun) return ['nothing was asked or changed'];
  const back = results.filter(({ status }) => status === 'restored' || status === 'removed').length;
  return [
    `${plural(back, 'name')} of ${results.length} as before`,
    ...(receipt === undefined ? [] : [`receipt: ${receipt}`]),
  ];
}

function outcomeOf({ results, status }: RollbackReport): {
  exitCode?: number;
  error?: CommandError;
} {
  if (status === 'done') return {};
  const left = results.filter(
    (result) => result.status !== 'restored' && result.status !== 'removed',
  );
  const [first] = left;
  const message = `${left.length} of ${plural(results.length, 'name')} could not be put back: ${first?.reference}: ${first?.message ?? ''}`;
  const isPartly = status === 'partly';
  return {
    exitCode: isPartly ? EXIT.partly : EXIT.failed,
    error: { code: isPartly ? 'PARTLY_DONE' : 'TARGET_FAILED', message },
  };
}
