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
import { oneLine } from '../../printable.ts';
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
    const { files = [] } = config ?? {};
    return {
      data: config === undefined ? report : { ...report, mirrorConfig: files },
      text: `${tableOf(report)}${files.length === 0 ? '' : `\n${mirrorConfigText(files)}`}`,
      notes: [
        ...report.warnings.map((warning) => problemText(warning).trimEnd()),
        ...report.targets.map((target) => noteOf(report, target)),
        ...(report.receipt === undefined ? [] : [`receipt: ${report.receipt}`]),
        ...report.inventories.map(inventoryNote),
        ...(config?.notes ?? []),
      ],
      ...outcome,
    };
  };
}

function inventoryNote({ target, path }: LoadReport['inventories'][number]): string {
  return `inventory of ${target}: ${path}; carry it back and give it to airkit pack as --base`;
}

export type LoadedImages = Pick<LoadReport, 'results' | 'targets'>;

export function tableOf({ results, targets }: LoadedImages): string {
  // What ended a target as a whole is told once, in the note on it.
  const ends = new Map(targets.map(({ target, error }) => [target, error?.message]));
  const rows = results.map(({ target, reference, status, after, message }) => [
    reference,
    status,
    after === undefined ? '-' : shortDigest(after),
    message === undefined || (targets.length > 1 && message === ends.get(target)) ? '' : message,
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
  const why = error === undefined ? '' : `; ${oneLine(error.message)}`;
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
