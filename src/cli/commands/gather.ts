import { gather, type GatherReport } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import type { GatherFlags } from '../flags.ts';
import { plural } from '../format.ts';
import { problemText, type Command, type CommandError } from '../run-command.ts';

export function gatherCommand(dirs: readonly string[], flags: GatherFlags): Command {
  return async (host, options) => {
    const { json: _, quiet: __, progress: ___, ...choices } = flags;
    const report = await gather(host, dirs, { ...options, ...choices });
    return {
      data: report,
      text: textOf(report),
      notes: (report.verification?.findings ?? [])
        .filter(({ severity }) => severity === 'warning')
        .map((finding) => problemText(finding).trimEnd()),
      ...outcomeOf(report),
    };
  };
}

function textOf({ path, complete, media, missing }: GatherReport): string {
  const taken = media.map((one) => `${one.path}: ${plural(one.files.length, 'file')} taken\n`);
  const lines = missing.map(({ name, sha256 }) => `missing: ${name} (sha256 ${sha256})\n`);
  return [...taken, ...lines, ...(complete ? [`${path}\n`] : [])].join('');
}

/** Damage first: what is missing then follows from it. */
function outcomeOf(report: GatherReport): { exitCode?: number; error?: CommandError } {
  const { path, complete, missing, problems, verification } = report;
  const findings = verification?.ok === false ? verification.findings : [];
  const bad = [...problems, ...findings];
  const hint = bad.find((one) => one.hint !== undefined)?.hint;
  if (findings.length > 0 || (problems.length > 0 && !complete)) {
    const message = `${path}: ${plural(bad.length, 'finding')}`;
    const error = { code: 'VERIFICATION_FAILED', message, hint, problems: bad };
    return { exitCode: EXIT.notVerified, error };
  }
  if (complete) return {};
  const what =
    missing.length === 0 ? 'no medium yet' : `${plural(missing.length, 'file')} still missing`;
  return {
    exitCode: EXIT.partly,
    error: {
      code: 'PARTLY_DONE',
      message: `${path}: ${what}`,
      hint: 'Insert the next medium and run airkit gather again with its folder.',
    },
  };
}
