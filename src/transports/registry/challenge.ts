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

/** One way to log in that a server offers (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower-case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-case name: `realm`, `service`, `scope`, `error`. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[\t ]*(?:,|$))/y;
const PARAMETER_AHEAD = /[!#$%&'*+.^_`|~0-9A-Za-z-]+[\t ]*=(?!=)/y;

/**
 * Reads `WWW-Authenticate`, strictly: anything outside the grammar is refused, as is a parameter given twice.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseChallenges(text: string): Challenge[] {
  const cursor = openHeader(text);
  const challenges: Challenge[] = [];
  skipSeparators(cursor);
  while (!isAtEnd(cursor)) {
    challenges.push(takeChallenge(cursor));
    if (!isAtEnd(cursor) && !skipSeparators(cursor)) throw malformedHeader('a comma is missing');
  }
  return challenges;
}

function takeChallenge(cursor: HeaderCursor): Challenge {
  const scheme = takeToken(cursor)?.toLowerCase();
  if (scheme === undefined) throw malformedHeader('an authentication scheme is missing');
  const parameters = new Map<string, string>();
  if (skipSpace(cursor) && take(cursor, TOKEN68) === undefined) takeParameters(cursor, parameters);
  return { scheme, parameters };
}

/** A comma ends a challenge when no `name=` follows it. */
function takeParameters(cursor: HeaderCursor, parameters: Map<string, string>): void {
  while (isParameterAhead(cursor)) {
    const [name, value] = takeParameter(cursor);
    if (parameters.has(name)) throw malformedHeader('a parameter is given twice');
    parameters.set(name, value);
    const end = cursor.at;
    if (isAtEnd(cursor)) return;
    const separated = skipSeparators(cursor);
    if (isAtEnd(cursor)) return;
    if (!separated) throw malformedHeader('a comma is missing');
    if (!isParameterAhead(cursor)) cursor.at = end;
  }
}

function isParameterAhead(cursor: HeaderCursor): boolean {
  const { at } = cursor;
  const found = take(cursor, PARAMETER_AHEAD) !== undefined;
  cursor.at = at;
  return found;
}

function takeParameter(cursor: HeaderCursor): [string, string] {
  const name = takeToken(cursor)?.toLowerCase();
  skipSpace(cursor);
  const hasValue = takeCharacter(cursor, '=');
  skipSpace(cursor);
  const value = hasValue ? takeValue(cursor) : undefined;
  if (name === undefined || value === undefined) throw malformedHeader('a value is missing');
  return [name, value];
}
