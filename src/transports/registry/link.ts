import {
  isAtEnd,
  malformedHeader,
  openHeader,
  skipSeparators,
  skipSpace,
  take,
  takeCharacter,
  takeToken,
  takeValue,
  type HeaderCursor,
} from './header-syntax.ts';

/** One link (RFC 8288 section 3). */
export interface Link {
  /** URI reference as it was sent, often relative. */
  readonly target: string;
  /** By lower-case name; the first of equal names counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TARGET = /<([\u0021\u0023-\u003b\u003d\u003f-\u007e]*)>/y;

/** Reads `Link`, strictly. @throws AirkitError CONTENT_INVALID */
export function parseLinks(text: string): Link[] {
  const cursor = openHeader(text);
  const links: Link[] = [];
  skipSeparators(cursor);
  while (!isAtEnd(cursor)) {
    links.push(takeLink(cursor));
    if (!isAtEnd(cursor) && !skipSeparators(cursor)) throw malformedHeader('a comma is missing');
  }
  return links;
}

/** Where the next page is (OCI distribution-spec "Listing Tags"); undefined on the last one. */
export function nextPage(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return parseLinks(text).find(isNext)?.target;
}

function isNext({ parameters }: Link): boolean {
  return (parameters.get('rel') ?? '').toLowerCase().split(/\s+/).includes('next');
}

function takeLink(cursor: HeaderCursor): Link {
  const target = take(cursor, TARGET)?.[1];
  if (target === undefined) throw malformedHeader('a <target> is missing');
  const parameters = new Map<string, string>();
  for (;;) {
    const { at } = cursor;
    skipSpace(cursor);
    if (!takeCharacter(cursor, ';')) {
      cursor.at = at;
      return { target, parameters };
    }
    skipSpace(cursor);
    takeParameter(cursor, parameters);
  }
}

function takeParameter(cursor: HeaderCursor, parameters: Map<string, string>): void {
  const name = takeToken(cursor)?.toLowerCase();
  if (name === undefined) throw malformedHeader('a parameter has no name');
  skipSpace(cursor);
  if (!takeCharacter(cursor, '=')) return;
  skipSpace(cursor);
  const value = takeValue(cursor);
  if (value === undefined) throw malformedHeader('a value is missing');
  if (!parameters.has(name)) parameters.set(name, value);
}
