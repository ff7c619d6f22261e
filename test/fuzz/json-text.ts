/** Changes JSON text at one of its values, also in ways that no object in memory could hold, such as a key twice. */

export interface JsonChange {
  /** Counts the members and items of the document, in order; taken modulo their number. */
  readonly node: number;
  readonly change: 'value' | 'drop' | 'double' | 'case' | 'add' | 'canonical' | (string & {});
  readonly value: unknown;
}

/** The text with that change; text that is no JSON comes back as it is. Members are sorted. */
export function canonicalText(text: string, change: JsonChange): string {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return text;
  }
  const count = countNodes(root);
  const writing = { ...change, left: count === 0 ? 0 : change.node % count };
  return write(root, writing);
}

interface Writing extends JsonChange {
  /** Nodes before the one that changes. */
  left: number;
}

function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + 1 + countNodes(one), 0);
}

function write(value: unknown, writing: Writing): string {
  if (Array.isArray(value)) return `[${value.flatMap((one) => node('', one, writing)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.flatMap(([key, one]) => node(key, one, writing)).join(',')}}`;
  }
  return JSON.stringify(value);
}

function node(key: string, value: unknown, writing: Writing): string[] {
  const isMember = key !== '';
  const text = (name: string, body: string): string =>
    isMember ? `${JSON.stringify(name)}:${body}` : body;
  const isHere = writing.left === 0;
  writing.left -= 1;
  const inside = write(value, writing);
  if (!isHere) return [text(key, inside)];
  const other = JSON.stringify(writing.value) ?? 'null';
  switch (writing.change) {
    case 'value':
      return [text(key, other)];
    case 'drop':
      return [];
    case 'double':
      return [text(key, inside), text(key, other)];
    case 'case':
      return [text(key, inside), text(otherCase(key), other)];
    case 'add':
      return [text(key, inside), text('added', other)];
    default:
      return [text(key, inside)];
  }
}

function otherCase(key: string): string {
  const [first = '', ...rest] = key;
  return (
    (first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase()) + rest.join('')
  );
}
