import type { Problem } from '../errors.ts';
import { codeFrame, frameLines } from './code-frame.ts';
import type { TextComplaint } from './complaint.ts';

/** Complaints as problems with line, column and frame: in the order of the text, none twice. */
export function problemsOf(
  complaints: readonly TextComplaint[],
  { text, path }: { text: string; path: string },
): Problem[] {
  if (complaints.length === 0) return [];
  const lines = frameLines(text);
  const place = placeInText(text);
  const seen = new Set<string>();
  return complaints
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, code, message }) => {
      const identity = `${start} ${code} ${message}`;
      return !seen.has(identity) && seen.add(identity);
    })
    .map(({ code, message, hint, start, end }) => {
      const { line, column } = place(start);
      const frame = codeFrame(lines, { line, column, length: end - start });
      return { code, severity: 'error', message, subject: path, line, column, frame, hint };
    });
}

/** Maps UTF-16 offsets of a text to 1-based lines and columns. */
export function placeInText(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
