import { AirkitError } from '../../errors.ts';

/** Characters of a header field that airkit reads at most; servers send a few hundred. */
const MAX_LENGTH = 16 * 1024;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED =
  /"((?:[\t \u0021\u0023-\u005b\u005d-\u007e\u0080-\u00ff]|\\[\t \u0021-\u007e\u0080-\u00ff])*)"/y;
const SPACE = /[\t ]*/y;

/** Reads a header field from left to right (RFC 9110 section 5.6). */
export interface HeaderCursor {
  readonly text: string;
  at: number;
}

/** @throws AirkitError CONTENT_INVALID for a field that is too long */
export function openHeader(text: string): HeaderCursor {
  if (text.length > MAX_LENGTH) throw malformedHeader('it is too long');
  return { text, at: 0 };
}

/** Moves over a sticky pattern and gives the match; undefined where it does not match. */
export function take(cursor: HeaderCursor, pattern: RegExp): RegExpExecArray | undefined {
  const sticky = pattern;
  sticky.lastIndex = cursor.at;
  const match = sticky.exec(cursor.text) ?? undefined;
  if (match !== undefined) cursor.at += match[0].length;
  return match;
}

/** Moves over one character when it is there. */
export function takeCharacter(cursor: HeaderCursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

/** Moves over blanks; true when there were some. */
export function skipSpace(cursor: HeaderCursor): boolean {
  return (take(cursor, SPACE)?.[0].length ?? 0) > 0;
}

/** Moves over blanks and commas: lists may have empty members (RFC 9110 section 5.6.1). */
export function skipSeparators(cursor: HeaderCursor): boolean {
  const start = cursor.at;
  let found = false;
  do {
    skipSpace(cursor);
    found = takeCharacter(cursor, ',') || found;
    skipSpace(cursor);
  } while (cursor.text[cursor.at] === ',');
  return found || start === 0;
}

export function takeToken(cursor: HeaderCursor): string | undefined {
  return take(cursor, TOKEN)?.[0];
}

/** A token or a quoted string, without its quotes and escapes. */
export function takeValue(cursor: HeaderCursor): string | undefined {
  const quoted = take(cursor, QUOTED);
  return quoted === undefined ? takeToken(cursor) : (quoted[1] ?? '').replaceAll(/\\(.)/g, '$1');
}

export function isAtEnd(cursor: HeaderCursor): boolean {
  return cursor.at >= cursor.text.length;
}

/** The error for a field that does not follow its grammar; the field itself is not shown, it may hold secrets. */
export function malformedHeader(why: string): AirkitError {
  return new AirkitError('CONTENT_INVALID', `a header field is malformed: ${why}`);
}
