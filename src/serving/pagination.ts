import { compareStrings } from '../oci/compare.ts';
import { refuse, type Answer } from './answer.ts';

/** A part of a list, and what to ask for next. */
export interface Page {
  readonly items: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The part of a sorted list that `n` and `last` ask for, with a Link to the next (OCI distribution spec, "Listing
 * Tags"). `last` need not be in the list.
 */
export function pageOf(
  sorted: readonly string[],
  { path, query }: { readonly path: string; readonly query: URLSearchParams },
): Page | { readonly refused: Answer } {
  const count = query.get('n');
  if (count !== null && !/^\d{1,9}$/.test(count)) {
    const message = `n=${count.slice(0, 20)} is no number of entries`;
    return { refused: refuse({ status: 400, code: 'PAGINATION_NUMBER_INVALID', message }) };
  }
  const last = query.get('last');
  const rest = last === null ? sorted : sorted.filter((item) => compareListed(item, last) > 0);
  if (count === null) return { items: rest, headers: {} };
  const items = rest.slice(0, Number(count));
  const next = items.at(-1);
  if (next === undefined || items.length === rest.length) return { items, headers: {} };
  const link = new URLSearchParams({ n: count, last: next });
  const namespace = query.get('ns');
  if (namespace !== null) link.set('ns', namespace);
  return { items, headers: { Link: `<${path}?${link.toString()}>; rel="next"` } };
}

/** The order of lists: "lexical, i.e. case-insensitive alphanumeric"; the letters' case decides between equals. */
export function compareListed(a: string, b: string): number {
  return compareStrings(a.toLowerCase(), b.toLowerCase()) || compareStrings(a, b);
}
