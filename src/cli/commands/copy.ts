import { copy, type FilledMedium } from '../../index.ts';
import type { VolumeFlags } from '../flags.ts';
import { formatBytes, formatTable } from '../format.ts';
import type { Command } from '../run-command.ts';

export function copyCommand(
  { path, dirs }: { readonly path: string; readonly dirs: readonly string[] },
  { volumes }: VolumeFlags,
): Command {
  return async (host, options) => {
    const report = await copy(host, { kit: path, media: dirs }, { ...options, volumes });
    const head = ['MEDIUM', 'FILE', 'SIZE', 'STATUS', 'READ BACK'];
    const text = formatTable(head, report.media.flatMap(rowsOf), ['SIZE']);
    return {
      data: report,
      text,
      notes: [
        ...report.media.filter(({ isReread }) => !isReread).map(rereadNote),
        ...report.unused.map((one) => `note: nothing was left for ${one}`),
      ],
    };
  };
}

function rowsOf({ path, files, isReread }: FilledMedium): string[][] {
  return files
    .filter(({ name }) => name.startsWith('bundle.tar'))
    .map(({ name, size, status }) => [
      path,
      name,
      formatBytes(size),
      status,
      isReread ? 'yes' : 'no',
    ]);
}

function rereadNote({ path }: FilledMedium): string {
  return `warning: ${path}: its file system cannot be read past the page cache; take the medium out, mount it again and run airkit verify, or sha256sum -c --ignore-missing SHA256SUMS on it`;
}
