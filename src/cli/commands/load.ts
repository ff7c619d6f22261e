import {
  load,
  loadedMirrorConfig,
  targetMirror,
  type LoadedTarget,
  type LoadReport,
  type LoadResult,
} from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatTable, plural, shortDigest } from '../format.ts';
import type { LoadFlags } from '../flags.ts';
import { mirrorConfigText } from '../mirror-config-text.ts';
import { problemText, type Command, type CommandError } from '../run-command.ts';

export function loadCommand(path: string, flags: LoadFlags): Command {
  return async (host, options) => {
    const {
      platform: platforms,
      mirrorConfig: engine,
      json: _,
      quiet: __,
      progress: ___,
      ...others
    } = flags;
    const mirror = engine === undefined ? undefined : await targetMirror(host, flags);
    const report = await load(host, path, { ...options, ...others, platforms });
    const outcome = outcomeOf(report);
    const config =
      engine === undefined || mirror === undefined || outcome.exitCode === EXIT.failed
        ? undefined
        : loadedMirrorConfig(engine, report, mirror);
    return {
      data: config === undefined ? report : { ...report, mirrorConfig: config.files },
      text: `${tableOf(report)}${config === undefined ? '' : `\n${mirrorConfigText(config.files)}`}`,
      notes: [
        ...report.warnings.map((warning) => problemText(warning).trimEnd()),
        ...report.targets.map((target) => noteOf(report, target)),
        ...(report.receipt === undefined ? [] : [`receipt: ${report.receipt}`]),
        ...(config?.notes ?? []),
      ],
      ...outcome,
    };
  };
}

export type LoadedImages = Pick<LoadReport, 'results' | 'targets'>;

export function tableOf({ results, targets }: LoadedImages): string {
  const rows = results.map((result) => [
    result.reference,
    result.status,
    result.after === undefined ? '-' : shortDigest(result.after),
    result.message ?? '',
  ]);
  const head = ['IMAGE', 'STATUS', 'ID', ''];
  if (targets.length === 1) return formatTable(head, rows);
  const named = rows.map((row, position) => [results[position]?.target ?? ''].concat(row));
  return formatTable(['TARGET', ...head], named);
}

export function noteOf(
  { results }: LoadedImages,
  { target, sentBytes, error }: LoadedTarget,
): string {
  const own = results.filter((result) => result.target === target);
  const count = (wanted: LoadResult['status']): number =>
    own.filter(({ status }) => status === wanted).length;
  const skipped = count('skipped') === 0 ? '' : `${count('skipped')} skipped, `;
  const why = error === undefined ? '' : `; ${error.message}`;
  return `${target}: ${plural(count('loaded'), 'image')} loaded, ${count('already-present')} already present, ${skipped}${formatBytes(sentBytes)} sent${why}`;
}

export function outcomeOf({ results, targets }: LoadedImages): {
  exitCode?: number;
  error?: CommandError;
} {
  const failed = results.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return {};
  const isPartly = failed.length < results.length;
  const [first] = failed;
  const place = targets.length === 1 ? '' : `${first?.target}: `;
  const message = `${failed.length} of ${plural(results.length, 'image')} failed: ${place}${first?.reference}: ${first?.message ?? ''}`;
  return {
    exitCode: isPartly ? EXIT.partly : EXIT.failed,
    error: { code: isPartly ? 'PARTLY_DONE' : 'TARGET_FAILED', message },
  };
}
