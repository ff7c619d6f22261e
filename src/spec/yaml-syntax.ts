import {
  type Alias,
  Composer,
  isAlias,
  Parser,
  Scalar,
  visit,
  type Document,
  type CST,
} from 'yaml';
import type { TextComplaint } from './complaint.ts';

/** Real bundles files nest about 8 deep. Bounds the recursion of the YAML library, which a file could exhaust. */
const MAX_DEPTH = 64;
/** Of a bundles file, in UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;

export interface ParsedYaml {
  /** The first document. Absent when there is none, or when it is not well-formed enough to go on with. */
  readonly document?: Document | undefined;
  readonly complaints: readonly TextComplaint[];
}

/**
 * Parses one YAML 1.2 document. After a slip that leaves no doubt about the structure (an unquoted `*pattern`, a
 * duplicate key) the document comes too, so that the rest of the file can be checked in the same run.
 */
export function parseYaml(text: string): ParsedYaml {
  if (text.length > MAX_LENGTH) return refused(text, 'TOO_LARGE', 'the file is longer than 1 MiB');
  const tokens = [...new Parser().parse(text)];
  if (depthOf(tokens) > MAX_DEPTH) {
    return refused(text, 'TOO_LARGE', `the file nests deeper than ${MAX_DEPTH} levels`);
  }
  const [document, second] = new Composer({ prettyErrors: false, logLevel: 'error' }).compose(
    tokens,
  );
  if (document === undefined) return refused(text, 'EMPTY_FILE', 'the file is empty');
  const aliases = unresolvedAliases(document);
  untag(document);
  const syntax = syntaxComplaints(document, text, aliases);
  return {
    ...(syntax.some(({ code }) => code === 'YAML_SYNTAX') ? {} : { document }),
    complaints: [
      ...aliases,
      ...syntax,
      ...(second === undefined ? [] : [secondDocument(second, text)]),
    ],
  };
}

function refused(text: string, code: 'TOO_LARGE' | 'EMPTY_FILE', message: string): ParsedYaml {
  const hint =
    code === 'EMPTY_FILE' ? 'Run `airkit init` for a commented file to start from.' : undefined;
  return { complaints: [{ code, message, hint, start: 0, end: Math.min(1, text.length) }] };
}

/** Depth of the syntax tree, without recursion. */
export function depthOf(tokens: readonly CST.Token[]): number {
  let deepest = 0;
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    deepest = Math.max(deepest, depth);
    for (const child of childrenOf(token)) open.push({ token: child, depth: depth + 1 });
  }
  return deepest;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((part) => part !== undefined && part !== null),
  );
}

/** Replaces every alias that has no anchor by its own text: an unquoted pattern, and where it stands. */
function unresolvedAliases(document: Document): TextComplaint[] {
  const found: TextComplaint[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      const written = `*${alias.source}`;
      const [start, end] = alias.range ?? [0, 1, 1];
      found.push({ ...unquotedPattern(written), start, end });
      const scalar = new Scalar(written);
      scalar.range = alias.range ?? null;
      scalar.source = written;
      return scalar;
    },
  });
  return found;
}

/** An unquoted `!pattern` is a tag on nothing. Its own text takes the place of nothing. */
function untag(document: Document): void {
  visit(document, {
    Scalar(_, scalar) {
      if (scalar.tag?.startsWith('!') === true && scalar.source === '') {
        scalar.value = scalar.tag.slice(1);
      }
    },
  });
}

function unquotedPattern(written: string): Pick<TextComplaint, 'code' | 'message' | 'hint'> {
  return {
    code: 'YAML_ALIAS',
    message: `YAML reads ${written} as an alias, because it starts with *`,
    hint: `Put the pattern in quotes: ${JSON.stringify(written)}`,
  };
}

type YamlError = Document['errors'][number] | Document['warnings'][number];

/** One complaint per line: after the first, the parser mostly reports its own confusion. */
function syntaxComplaints(
  document: Document,
  text: string,
  aliases: readonly TextComplaint[],
): TextComplaint[] {
  const seen = new Set(aliases.map(({ start }) => lineStart(text, start)));
  const complaints: TextComplaint[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    const line = lineStart(text, error.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    complaints.push(syntaxComplaint(error, text));
  }
  return complaints;
}

function syntaxComplaint(error: YamlError, text: string): TextComplaint {
  const [start, end] = error.pos;
  const place = { start, end };
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(start))?.[0] ?? '';
    const message = `the key ${JSON.stringify(key)} is written twice in one map`;
    return { code: 'DUPLICATE_KEY', message, start, end: start + Math.max(1, key.length) };
  }
  if (error.code === 'TAG_RESOLVE_FAILED') {
    const message = 'YAML reads the leading ! as the start of a tag';
    return { code: 'YAML_TAG', message, hint: TAG_HINT, ...place };
  }
  if (error.code === 'BAD_ALIAS') {
    return { ...unquotedPattern(/^\S*/.exec(text.slice(start))?.[0] ?? '*'), ...place };
  }
  return { code: 'YAML_SYNTAX', message: error.message, hint: syntaxHint(error, text), ...place };
}

const QUOTE_HINT = 'Put a text that starts with one of * ! & @ ` % { [ | > in quotes: "…".';

const TAG_HINT =
  'Patterns know no negation: use `exclude`. Where a text starts with !, put it in quotes.';

function syntaxHint(error: YamlError, text: string): string | undefined {
  if (error.code === 'TAB_AS_INDENT') return 'Indent with spaces.';
  if (error.code === 'BAD_SCALAR_START') return QUOTE_HINT;
  const line = text.slice(lineStart(text, error.pos[0]), error.pos[1]);
  return /[:-]\s+[[{"']/.test(line) ? QUOTE_HINT : undefined;
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function secondDocument(second: Document, text: string): TextComplaint {
  const contents = second.contents?.range?.[0] ?? second.range?.[0] ?? 0;
  const start = Math.max(0, text.lastIndexOf('\n---', contents) + 1);
  return {
    code: 'MULTIPLE_DOCUMENTS',
    message: 'a second YAML document starts here',
    hint: 'Keep all bundles in the list of one document.',
    start,
    end: start + '---'.length,
  };
}

/** The first alias of a document, for complaints about aliases that multiply. */
export function firstAlias(document: Document): Alias | undefined {
  let found: Alias | undefined;
  visit(document, (_, node) => {
    if (!isAlias(node)) return undefined;
    found = node;
    return visit.BREAK;
  });
  return found;
}
