/** A place in a text: 1-based line, 1-based column and length, both in UTF-16 units. */
export interface FramePlace {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

const LINES_BEFORE = 1;
const LINES_AFTER = 1;
const MAX_WIDTH = 120;
/** Kept to the left of a place that lies far to the right. */
const LEFT_CONTEXT = 40;
const PEM = /-----BEGIN[^]*?(?:-----END[^-]*-----|$)/g;
// oxlint-disable-next-line no-control-regex -- a file must not steer the terminal that shows it
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The lines of a text as frames show them: keys in PEM form are masked, control characters made visible. */
export function frameLines(text: string): string[] {
  const masked = text.replaceAll(PEM, (pem) => pem.replaceAll(/[^\r\n]/g, '*'));
  return masked.split('\n').map((line) => line.replace(/\r$/, '').replaceAll(CONTROL, '\uFFFD'));
}

/**
 * A few lines around a place, numbered, with `^~~~` under it.
 *
 * @param lines what {@link frameLines} returned
 */
export function codeFrame(lines: readonly string[], place: FramePlace): string {
  const first = Math.max(1, place.line - LINES_BEFORE);
  const last = Math.min(lines.length, place.line + LINES_AFTER);
  const width = String(last).length + 2;
  const cut = place.column - 1 > MAX_WIDTH - LEFT_CONTEXT ? place.column - 1 - LEFT_CONTEXT : 0;
  const rows: string[] = [];
  for (let line = first; line <= last; line++) {
    const shown = (lines[line - 1] ?? '').slice(cut, cut + MAX_WIDTH);
    rows.push(`${String(line).padStart(width)} | ${shown}`.trimEnd());
    if (line === place.line) rows.push(`${' '.repeat(width)} | ${marker(shown, place, cut)}`);
  }
  return rows.join('\n');
}

function marker(shown: string, place: FramePlace, cut: number): string {
  const start = place.column - 1 - cut;
  const indent = shown.slice(0, start).replaceAll(/[^\t]/g, ' ').padEnd(start);
  const length = Math.max(1, Math.min(place.length, shown.length - start));
  return `${indent}^${'~'.repeat(length - 1)}`;
}
