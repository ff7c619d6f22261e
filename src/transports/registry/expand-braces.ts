/** As many as the patterns' own matcher makes. */
const MAX_EXPANSIONS = 256;

interface Braces {
  readonly before: string;
  readonly parts: readonly string[];
  readonly after: string;
}

/**
 * Writes out `{a,b}` and `{1..3}` as bash does; braces without a comma or range stay as they are. Undefined when there
 * would be more than 256 texts.
 */
export function expandBraces(pattern: string): string[] | undefined {
  let texts = [pattern];
  const done: string[] = [];
  while (texts.length > 0) {
    const next: string[] = [];
    for (const text of texts) {
      const braces = findBraces(text);
      if (braces === undefined) done.push(text);
      else next.push(...braces.parts.map((part) => `${braces.before}${part}${braces.after}`));
      if (next.length + done.length > MAX_EXPANSIONS) return undefined;
    }
    texts = next;
  }
  return [...new Set(done)];
}

/** The first pair of braces that expands, from the left. */
function findBraces(text: string): Braces | undefined {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    if (text[start - 1] === '\\') continue;
    const parts = partsFrom(text, start);
    const body = parts?.list.length === 1 ? rangeOf(parts.list[0] ?? '') : parts?.list;
    if (parts === undefined || body === undefined) continue;
    return { before: text.slice(0, start), parts: body, after: text.slice(parts.end) };
  }
  return undefined;
}

/** What the commas between an opening brace and its closing one separate. */
function partsFrom(text: string, start: number): { list: string[]; end: number } | undefined {
  const list: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    const ends = character === '}' && depth === 0;
    if (ends || (character === ',' && depth === 1)) {
      list.push(text.slice(from, at));
      from = at + 1;
    }
    if (ends) return { list, end: from };
  }
  return undefined;
}

/** `1..3`, `08..12`, `a..c`; undefined for anything else. */
function rangeOf(body: string): string[] | undefined {
  const match = /^(?:(\d{1,9})\.\.(\d{1,9})|([a-z])\.\.([a-z]))$/.exec(body);
  if (match === null) return undefined;
  const [, first, last, from, to] = match;
  if (from !== undefined && to !== undefined)
    return count(from.charCodeAt(0), to.charCodeAt(0)).map((code) => String.fromCharCode(code));
  const ends = [first ?? '', last ?? ''];
  const isPadded = ends.some((end) => /^0\d/.test(end));
  const width = isPadded ? Math.max(...ends.map((end) => end.length)) : 0;
  return count(Number(first), Number(last)).map((value) => String(value).padStart(width, '0'));
}

/** At most one more than the limit: the caller then sees that there are too many. */
function count(first: number, last: number): number[] {
  const step = first <= last ? 1 : -1;
  const length = Math.min(Math.abs(last - first) + 1, MAX_EXPANSIONS + 1);
  return Array.from({ length }, (_, position) => first + position * step);
}
