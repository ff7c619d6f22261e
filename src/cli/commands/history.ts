import { history, type HistoryEntry } from '../../index.ts';
import { formatTable } from '../format.ts';
import { problemText, type Command } from '../run-command.ts';

export function historyCommand(): Command {
  return async (host) => {
    const report = await history(host);
    const { folder, receipts, warnings } = report;
    return {
      data: report,
      text: formatTable(
        ['TIME', 'WHAT', 'KIT', 'TARGET', 'STATUS', 'OPERATOR', 'IMAGES', 'RECEIPT'],
        receipts.map(rowOf),
      ),
      notes: [
        ...warnings.map((warning) => problemText(warning).trimEnd()),
        ...(receipts.length === 0 ? [`no receipts in ${folder}`] : []),
      ],
    };
  };
}

function rowOf({
  startedAt,
  kind,
  kit,
  targets,
  status,
  operator,
  counts,
  path,
}: HistoryEntry): string[] {
  const images = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const time = startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const name = `${kit.name} ${kit.version}`;
  return [time, kind, name, targets.join(', '), status, operator, images.join(', '), path];
}
