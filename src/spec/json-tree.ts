import type { TextComplaint } from './complaint.ts';

/** A JSON value and where it stands: UTF-16 offsets, end exclusive. */
export type JsonNode = JsonRange &
  (
    | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonMember> }
    | { readonly kind: 'list'; readonly items: readonly JsonNode[] }
    | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  );

export interface JsonRange {
  readonly start: number;
  readonly end: number;
}

export interface JsonMember {
  readonly key: JsonRange;
  readonly value: JsonNode;
}

/** Told of the first thing that is wrong. */
export type Fail = (complaint: TextComplaint) => never;

const MAX_DEPTH = 64;
/** A structural character, or a number or word (RFC 8259). */
const TOKEN = /([{}[\],:])|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

interface Token extends JsonRange {
  /** A structural character; for values, what kind of token it is. */
  readonly type: string;
  readonly text: string;
}

interface Tokens {
  readonly fail: Fail;
  peek(): Token | undefined;
  /** The next token, which must be of one of the types; `expected` says so to people. */
  take(expected: string, ...types: string[]): Token;
  /** Refuses whatever follows. */
  end(): void;
}

/** Reads JSON strictly (RFC 8259), keeping where each value stands. A key may not stand twice. */
export function readJsonTree(text: string, fail: Fail): JsonNode {
  const tokens = readTokens(text, fail);
  const root = readValue(tokens, 0);
  tokens.end();
  return root;
}

function readTokens(text: string, fail: Fail): Tokens {
  let at = 0;
  const skipSpace = (): number => {
    SPACE.lastIndex = at;
    return at + (SPACE.exec(text)?.[0].length ?? 0);
  };
  const refuse = (expected: string): never => {
    const start = skipSpace();
    const message = `this is not JSON: ${expected} is expected here`;
    return fail({ code: 'JSON_SYNTAX', message, start, end: start + 1 });
  };
  const peek = (): Token | undefined => tokenAt(text, skipSpace());
  return {
    fail,
    peek,
    take: (expected, ...types) => {
      const token = peek();
      if (token === undefined || !types.includes(token.type)) return refuse(expected);
      at = token.end;
      return token;
    },
    end: () => {
      if (skipSpace() < text.length) refuse('the end of the file');
    },
  };
}

function tokenAt(text: string, start: number): Token | undefined {
  if (text[start] === '"') return stringAt(text, start);
  TOKEN.lastIndex = start;
  const [own, mark] = TOKEN.exec(text) ?? [];
  if (own === undefined) return undefined;
  return { type: mark ?? 'word', text: own, start, end: start + own.length };
}

/** The end is looked for by hand: a regular expression would need a stack as deep as the string is long. */
function stringAt(text: string, start: number): Token | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') {
      const own = text.slice(start, at + 1);
      return isJson(own) ? { type: 'string', text: own, start, end: at + 1 } : undefined;
    }
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readValue(tokens: Tokens, depth: number): JsonNode {
  const token = tokens.take('a value', '{', '[', 'string', 'word');
  if (depth > MAX_DEPTH)
    tokens.fail({ ...token, code: 'TOO_LARGE', message: `nested deeper than ${MAX_DEPTH} levels` });
  if (token.type === '{') return readObject(tokens, token, depth);
  if (token.type === '[') return readList(tokens, token, depth);
  const value: string | number | boolean | null = JSON.parse(token.text);
  return { kind: 'scalar', value, start: token.start, end: token.end };
}

function readObject(tokens: Tokens, { start }: Token, depth: number): JsonNode {
  const members = new Map<string, JsonMember>();
  let next = tokens.peek()?.type === '}' ? tokens.take('"}"', '}') : undefined;
  while (next?.type !== '}') {
    const key = tokens.take('a key in quotes', 'string');
    const name: string = JSON.parse(key.text);
    if (members.has(name))
      tokens.fail({ ...key, code: 'DUPLICATE_KEY', message: `the key ${key.text} stands twice` });
    tokens.take('":"', ':');
    members.set(name, { key, value: readValue(tokens, depth + 1) });
    next = tokens.take('"," or "}"', ',', '}');
  }
  return { kind: 'object', members, start, end: next.end };
}

function readList(tokens: Tokens, { start }: Token, depth: number): JsonNode {
  const items: JsonNode[] = [];
  let next = tokens.peek()?.type === ']' ? tokens.take('"]"', ']') : undefined;
  while (next?.type !== ']') {
    items.push(readValue(tokens, depth + 1));
    next = tokens.take('"," or "]"', ',', ']');
  }
  return { kind: 'list', items, start, end: next.end };
}
