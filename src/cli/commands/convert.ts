import { convert, type ConvertReport } from '../../index.ts';
import { formatTable, shortDigest } from '../format.ts';
import type { ConvertFlags } from '../flags.ts';
import { warningText, type Command } from '../run-command.ts';

export function convertCommand(
  places: { readonly from: string; readonly to: string },
  flags: ConvertFlags,
): Command {
  return async (host, options) => {
    const { platform: platforms, json: _, quiet: __, progress: ___, ...others } = flags;
    const report = await convert(host, places, { ...options, ...others, platforms });
    return {
      data: report,
      text: tableOf(report),
      notes: [...report.warnings.map(warningText), report.path],
    };
  };
}

const WORDS = {
  kept: 'kept',
  made: 'made here: the source has no manifest; the image ID is kept',
} as const;

function tableOf({ images }: ConvertReport): string {
  const rows = images.map(({ reference, root, digest }) => [
    reference,
    shortDigest(root),
    WORDS[digest],
  ]);
  return formatTable(['IMAGE', 'ROOT', 'DIGEST'], rows);
}
