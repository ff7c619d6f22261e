import { once } from 'node:events';
import { AirkitError, save, type OperationOptions, type SaveReport } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, plural } from '../format.ts';
import type { SaveFlags } from '../flags.ts';
import { warningText, type Command } from '../run-command.ts';

export function saveCommand(references: readonly string[], flags: SaveFlags): Command {
  return async (host, options) => {
    const { from, output: file = '-', force, platform: platforms, rename, layers } = flags;
    if (file === '-') requirePipe(flags);
    const output = file === '-' ? pipeWriter(options) : file;
    const choice = { from, force, platforms, rename, layers };
    const { warnings, ...report } = await save(host, references, { ...options, ...choice, output });
    const { path } = report;
    return {
      data: { ...report, path: path ?? null, warnings },
      text: path === undefined ? '' : `${path}\n`,
      notes: [...warnings.map(warningText), summary(report)],
    };
  };
}

/** @throws AirkitError USAGE where an archive cannot go to stdout */
export function requirePipe({ json }: Pick<SaveFlags, 'json'>): void {
  if (json === true) {
    throw new AirkitError('USAGE', '--json and the archive cannot both go to stdout', {
      hint: 'Name a file with -o.',
    });
  }
  if (!process.stdout.isTTY) return;
  throw new AirkitError('USAGE', 'an archive does not belong on a terminal', {
    hint: 'Name a file with -o, or pipe it on.',
  });
}

/** Writes an archive to stdout; a signal ends that also while nobody reads. */
export function pipeWriter({
  signal,
}: OperationOptions): (bytes: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (bytes) => {
    // Until the last byte is out, the end of the pipe is a failure, which ends the process with this code.
    process.exitCode = EXIT.failed;
    for await (const chunk of bytes)
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal });
  };
}

function summary({ images, bytes }: Omit<SaveReport, 'warnings'>): string {
  return `${plural(images.length, 'image')}, ${formatBytes(bytes)}; not signed`;
}
