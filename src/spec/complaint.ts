/** Stable names of what can be wrong with a bundles file; the `code` of a problem in `SPEC_INVALID`. */
export type SpecProblemCode =
  /** The file cannot be read. */
  | 'UNREADABLE'
  /** Not well-formed YAML. */
  | 'YAML_SYNTAX'
  /** An alias to no anchor: mostly an unquoted pattern. */
  | 'YAML_ALIAS'
  /** A tag that is not known: mostly an unquoted `!`. */
  | 'YAML_TAG'
  | 'DUPLICATE_KEY'
  | 'MULTIPLE_DOCUMENTS'
  | 'EMPTY_FILE'
  /** Too long, nested too deep, or aliases that multiply. */
  | 'TOO_LARGE'
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  /** A key that the selector's source cannot carry out. */
  | 'MISPLACED_KEY'
  | 'WRONG_TYPE'
  | 'WRONG_VALUE'
  | 'PATTERN_INVALID'
  | 'SOURCE_INVALID'
  | 'KEY_INVALID'
  /** Two bundles share a name or a kit folder. */
  | 'DUPLICATE_NAME'
  /** A lock is no JSON. */
  | 'JSON_SYNTAX';

/** What is wrong, without the place. */
export interface Complaint {
  readonly code: SpecProblemCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Members and list positions from the root of the document down to a value. */
export type ValuePath = readonly (string | number)[];

/** A complaint about a value of the document, or about the key in front of it. */
export interface PlacedComplaint extends Complaint {
  readonly path: ValuePath;
  readonly part: 'key' | 'value';
}

/** A complaint about a stretch of the text: UTF-16 offsets, end exclusive. */
export interface TextComplaint extends Complaint {
  readonly start: number;
  readonly end: number;
}

/** Names a value in a message: `"version"`, `entry 2 of "include"`. */
export function nameOfPath(path: ValuePath): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (typeof last === 'string') return JSON.stringify(last);
  const list = path.slice(0, -1);
  return list.length === 0 ? `entry ${last + 1}` : `entry ${last + 1} of ${nameOfPath(list)}`;
}
