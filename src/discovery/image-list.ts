import { readReference, type Collector } from './collector.ts';
import type { SourceText } from './found-image.ts';
import { likelyReference } from './possible-images.ts';

interface Line {
  readonly text: string;
  readonly start: number;
}

/**
 * One reference per line, the first of columns that tabs divide, as in a kit's `images.txt`. Blank lines, and all from a
 * `#` at the start or after white space, count for nothing.
 */
export function listImages(collector: Collector): void {
  for (const { text, start } of linesOf(collector.text)) {
    const node = { kind: 'scalar', value: text, start, end: start + text.length } as const;
    collector.definite(text, { node, path: [], owner: '' });
  }
}

/**
 * True when every line names an image. Of a file that is called a plain text, one line with more than a bare word is
 * enough: the others are then mistakes to be told.
 */
export function isImageList({ file, text }: SourceText): boolean {
  const lines = linesOf(text);
  if (isPlainText(file) && lines.some((line) => likelyReference(line.text) !== undefined))
    return true;
  return lines.length > 0 && lines.every((line) => typeof readReference(line.text) !== 'string');
}

/** By its name. */
export function isPlainText(file: string): boolean {
  return /\.(?:txt|list)$/i.test(file);
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    const written = line
      .replace(/\r$/, '')
      .replace(/^\uFEFF/, ' ')
      .replace(/(^|\s)#.*$/, '');
    const [own = ''] = written.trim().split('\t');
    const offset = written.length - written.trimStart().length;
    if (own !== '') lines.push({ text: own, start: start + offset });
    start += line.length + 1;
  }
  return lines;
}
