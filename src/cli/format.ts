import { oneLine } from '../printable.ts';

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in powers of 1000 as docker prints them: `512 B`, `4.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  for (const unit of UNITS) {
    if (value < 999.5 || unit === 'TB')
      return `${value < 99.5 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
    value /= 1000;
  }
  return `${bytes} B`;
}

/** Seconds for people: `8s`, `3m20s`, `2h05m`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole}s`;
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** Rows in columns, the last one as long as it likes; columns named in `right` are set to the right. A cell is one line. */
export function formatTable(
  head: readonly string[],
  texts: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const rows = texts.map((row) => row.map(oneLine));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.includes(head[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((row) => `${line(row)}\n`).join('');
}

/** `1 image`, `2 images`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first 12 digits of a digest, as docker shows it. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
