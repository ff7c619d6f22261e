import { AirkitError } from '../../errors.ts';

/** What is wrong with an instruction. */
export function invalidInstruction(message: string, hint: string): AirkitError {
  return new AirkitError('USAGE', message, { hint });
}

/**
 * Splits arguments at blanks outside of quotes, as the Dockerfile parser does. Quotes and backslashes stay in the words:
 * {@link expandWord} takes them away.
 */
export function splitWords(text: string): string[] {
  // A word is made of escaped characters, quoted stretches (which may lack their end) and anything else but blanks.
  const word = /(?:\\.|\\$|"(?:\\.|[^"\\])*(?:"|\\?$)|'[^']*(?:'|$)|[^\s\\"'])+/gsu;
  return text.match(word) ?? [];
}

/** A JSON list of texts; undefined for what is no list, which is then the shell form. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (/^\[\s*"/.test(text))
      throw invalidInstruction(
        `${text} begins as a JSON list but is none`,
        'Write CMD ["/bin/sh", "-c", "…"] with double quotes, or a command without brackets.',
      );
    return undefined;
  }
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string'))
    return value;
  throw invalidInstruction(
    `${text} holds something that is no text`,
    'Every item of the list is a text in double quotes.',
  );
}

/** Variables that words may use: `KEY=VALUE` as in a config's `Env`. */
export type Variables = readonly string[];

/**
 * A word as the instruction gets it: quotes and backslashes taken away, `$NAME`, `${NAME}`, `${NAME:-default}` and
 * `${NAME:+other}` replaced outside of single quotes (Dockerfile reference, "Environment replacement").
 *
 * @throws AirkitError USAGE for a quote or brace without its end, and other modifiers
 */
export function expandWord(word: string, variables: Variables): string {
  const parts =
    /\\(?<escaped>.?)|'(?<literal>[^']*)(?<single>'?)|"(?<quoted>(?:\\.|[^"\\])*)(?<double>"?)|(?<plain>[^\\'"]+)/gsu;
  return Array.from(word.matchAll(parts), ({ groups = {} }) => {
    const { escaped, literal, single, quoted, double, plain } = groups;
    if (single === '' || double === '')
      throw invalidInstruction(
        `${word}: a quote has no end`,
        'Close it, or write a backslash before it.',
      );
    if (literal !== undefined) return literal;
    if (quoted !== undefined) return expandQuoted(quoted, variables);
    return plain === undefined ? (escaped ?? '') : expandVariables(plain, variables);
  }).join('');
}

/** Between double quotes a backslash is special only before what would be. */
function expandQuoted(text: string, variables: Variables): string {
  const parts = /\\(?<escaped>["$\\])|(?<plain>(?:\\(?!["$\\])|[^\\])+)/gsu;
  return Array.from(text.matchAll(parts), ({ groups = {} }) =>
    groups['plain'] === undefined
      ? (groups['escaped'] ?? '')
      : expandVariables(groups['plain'], variables),
  ).join('');
}

/** `$NAME`, `${…}` whose brace may lack its end, or a special parameter of shells, which is empty here. */
const VARIABLE = /\$(?:\{(?<braced>[^}]*\}?)|(?<bare>[A-Za-z_]\w*|\d+|[@*#?$!-]))/g;

function expandVariables(text: string, variables: Variables): string {
  let expanded = '';
  let position = 0;
  for (const { 0: whole, index, groups = {} } of text.matchAll(VARIABLE)) {
    const { bare, braced = '' } = groups;
    const value = bare === undefined ? expandBraced(braced, variables) : valueOf(bare, variables);
    expanded += text.slice(position, index) + value;
    position = index + whole.length;
  }
  return expanded + text.slice(position);
}

/** `NAME}`, `NAME:-default}` or `NAME:+other}`. */
function expandBraced(braced: string, variables: Variables): string {
  const [, name, modifier, word = ''] = /^([A-Za-z_]\w*)(?::([-+])(.*))?\}$/s.exec(braced) ?? [];
  if (name === undefined)
    throw invalidInstruction(
      `\${${braced} is no variable that can be replaced`,
      'Write $NAME, ${NAME}, ${NAME:-default} or ${NAME:+other}; \\$ is a plain dollar sign.',
    );
  const value = valueOf(name, variables);
  if (modifier === undefined) return value;
  const takesWord = (value === '') === (modifier === '-');
  if (takesWord) return expandVariables(word, variables);
  return modifier === '-' ? value : '';
}

function valueOf(name: string, variables: Variables): string {
  return variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}
