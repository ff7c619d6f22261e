/** A map of a parsed document, before anything is known about its members. */
export type Members = Readonly<Record<string, unknown>>;

/** True for maps: objects that are no lists. */
export function isMap(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a map; none of anything else. */
export function membersOf(value: unknown): Members {
  return isMap(value) ? value : {};
}

/** The entries of a list; none of anything else. */
export function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
