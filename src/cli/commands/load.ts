import { load, type LoadReport } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatTable, plural, shortDigest } from '../format.ts';
import type { LoadFlags } from '../flags.ts';
import { problemText, type Command, type CommandError } from '../run-command.ts';

export function loadCommand(path: string, flags: LoadFlags): Command {
  return async (host, options) => {
    const {
      trust,
      allowUnsigned,
      threshold,
      at,
      to,
      include,
      dryRun,
      receipt,
      scoped,
      sparseIndex,
    } = flags;
    const report = await load(host, path, {
      ...options,
      trust,
      allowUnsigned,
      threshold,
      at,
      to,
      include,
      dryRun,
      receipt,
      scoped,
      sparseIndex,
    });
    return {
      data: report,
      text: tableOf(report),
      notes: [
        ...report.warnings.map((warning) => problemText(warning).trimEnd()),
        ...notesOf(report),
      ],
      ...outcomeOf(report),
    };
  };
}

function tableOf({ results }: LoadReport): string {
  const rows = results.map((result) => [
    result.reference,
    result.status,
    result.after === undefined ? '-' : shortDigest(result.after),
    result.message ?? '',
  ]);
  return formatTable(['IMAGE', 'STATUS', 'ID', ''], rows);
}

function notesOf({ results, sentBytes, target, receipt }: LoadReport): string[] {
  const loaded = results.filter(({ status }) => status === 'loaded').length;
  const present = results.filter(({ status }) => status === 'already-present').length;
  return [
    `${target}: ${plural(loaded, 'image')} loaded, ${present} already present, ${formatBytes(sentBytes)} sent`,
    ...(receipt === undefined ? [] : [`receipt: ${receipt}`]),
  ];
}

function outcomeOf({ results }: LoadReport): { exitCode?: number; error?: CommandError } {
  const failed = results.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return {};
  const isPartly = failed.length < results.length;
  const message = `${failed.length} of ${plural(results.length, 'image')} failed: ${failed[0]?.reference}: ${failed[0]?.message ?? ''}`;
  return {
    exitCode: isPartly ? EXIT.partly : EXIT.failed,
    error: { code: isPartly ? 'PARTLY_DONE' : 'TARGET_FAILED', message },
  };
}
