import { history, type HistoryEntry, type Problem } from '../../index.ts';
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
        ...inFew(warnings).map((warning) => problemText(warning).trimEnd()),
        ...(receipts.length === 0 ? [`no receipts in ${folder}`] : []),
      ],
    };
  };
}

/** So many warnings of one kind are told one by one. */
const MAX_TOLD = 3;

function inFew(warnings: readonly Problem[]): Problem[] {
  const kinds = new Map<string, Problem[]>();
  for (const warning of warnings)
    kinds.set(warning.code, [...(kinds.get(warning.code) ?? []), warning]);
  return [...kinds.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || alike.length <= MAX_TOLD) return alike;
    return [{ ...first, message: `${first.message}; and ${alike.length - 1} more like it` }];
  });
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
