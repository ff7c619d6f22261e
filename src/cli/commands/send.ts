import { AirkitError, send } from '../../index.ts';
import type { SendFlags } from '../flags.ts';
import { problemText, type Command } from '../run-command.ts';
import { noteOf, outcomeOf, tableOf } from './load.ts';

export function sendCommand(words: readonly string[], flags: SendFlags): Command {
  return async (host, options) => {
    const references = words.slice(0, -1);
    const to = words.at(-1);
    if (to === undefined || references.length === 0) throw targetMissing(words);
    const { platform: platforms, json: _, quiet: __, progress: ___, ...others } = flags;
    const report = await send(host, { references, to }, { ...options, ...others, platforms });
    return {
      data: report,
      text: tableOf(report),
      notes: [
        ...report.warnings.map((warning) => problemText(warning).trimEnd()),
        ...report.targets.map((target) => noteOf(report, target)),
        report.through === 'stream'
          ? 'streamed from engine to engine; nothing was kept here'
          : 'through the cache (airkit cache list)',
        ...(report.receipt === undefined ? [] : [`receipt: ${report.receipt}`]),
      ],
      ...outcomeOf(report),
    };
  };
}

function targetMissing(words: readonly string[]): AirkitError {
  return new AirkitError('USAGE', `send ${words.join(' ')}: where to?`, {
    hint: 'Name images and then the target: airkit send redis:7 docker+ssh://ops@node7',
  });
}
