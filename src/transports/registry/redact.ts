import { oneLine } from '../../printable.ts';

/** Secrets that a session knows, so that no text shows them. */
export type Secrets = Set<string>;

/** Shorter texts are too likely to be part of a word. */
const MIN_SECRET_LENGTH = 4;
const MAX_SHOWN = 300;

/** Remembers a secret and the forms in which a server may echo it. */
export function addSecret(secrets: Secrets, text: string | undefined): void {
  if (text === undefined || text.length < MIN_SECRET_LENGTH) return;
  secrets.add(text);
  secrets.add(encodeURIComponent(text));
  secrets.add(Buffer.from(text).toString('base64'));
}

/**
 * A text from outside as messages may show it: one line of at most 300 characters, without known secrets, tokens, user
 * names in addresses, or the queries of addresses, which sign them.
 */
export function redact(text: string, secrets: ReadonlySet<string> = new Set()): string {
  let shown = text;
  for (const secret of [...secrets].toSorted((a, b) => b.length - a.length))
    shown = shown.replaceAll(secret, '***');
  const cleared = shown
    .replaceAll(/\b(Bearer|Basic)\s+[^\s"',;]+/gi, '$1 ***')
    .replaceAll(/\beyJ[\w-]{4,}(?:\.[\w-]*)*/g, '***')
    .replaceAll(/(\w:\/\/)[^\s/?#]*@/g, '$1')
    .replaceAll(/(\w:\/\/[^\s"'?]*|\/v2\/[^\s"'?]*)\?[^\s"']*/g, '$1');
  return oneLine(cleared.trim()).slice(0, MAX_SHOWN);
}
