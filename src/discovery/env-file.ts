import { interpolate, type Variables } from './interpolate.ts';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * The variables of a `.env` file as compose reads it: quotes, comments, and earlier variables in values that are not in
 * single quotes. Lines that set nothing are passed over; values of several lines are not known.
 */
export function parseEnvFile(text: string): Variables {
  const variables = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, name, written = ''] = LINE.exec(line) ?? [];
    if (name !== undefined) variables.set(name, readValue(written, variables));
  }
  return variables;
}

function readValue(written: string, variables: Variables): string {
  const single = /^'((?:[^'\\]|\\.)*)'/.exec(written)?.[1];
  if (single !== undefined) return single.replaceAll(String.raw`\'`, "'");
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(written)?.[1];
  if (double !== undefined) return interpolate(unescape(double), variables).text;
  const bare = written.replace(/(^|\s)#.*$/, '').trim();
  return interpolate(bare, variables).text;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
}
