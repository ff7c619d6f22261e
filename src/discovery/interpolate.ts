/** Variables by name. */
export type Variables = ReadonlyMap<string, string>;

export interface Interpolated {
  readonly text: string;
  /** Variables without value and default; compose puts nothing in their place. */
  readonly unset: readonly string[];
  /** What is wrong with the text itself. */
  readonly complaint?: string | undefined;
}

/** Nested defaults deeper than this are nobody's. */
const MAX_DEPTH = 16;
const NAME = /[A-Za-z_]\w*/y;
/** `:-` and `-` give a default, `:?` and `?` demand a value, `:+` and `+` an alternative (compose specification, Interpolation). */
const OPERATOR = /:?[-?+]/y;

interface Reading {
  readonly text: string;
  readonly variables: Variables;
  readonly unset: Set<string>;
  at: number;
}

class Malformed extends Error {}

/** Fills variables in as compose does: `$VAR`, `${VAR}`, `${VAR:-default}` and so on; `$$` is a dollar sign. */
export function interpolate(text: string, variables: Variables): Interpolated {
  const reading: Reading = { text, variables, unset: new Set(), at: 0 };
  try {
    return { text: readText(reading, 0), unset: [...reading.unset] };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { text, unset: [], complaint: error.message };
  }
}

/** Up to the closing brace, or the end of the whole text. */
function readText(reading: Reading, depth: number): string {
  const { text } = reading;
  let result = '';
  while (reading.at < text.length) {
    const character = text[reading.at];
    if (depth > 0 && character === '}') break;
    if (character === '$') result += readDollar(reading, depth);
    else {
      result += character;
      reading.at += 1;
    }
  }
  return result;
}

function readDollar(reading: Reading, depth: number): string {
  const next = reading.text[reading.at + 1];
  if (next === '$') {
    reading.at += 2;
    return '$';
  }
  const isBraced = next === '{';
  const start = reading.at + (isBraced ? 2 : 1);
  const name = matchAt(NAME, reading.text, start);
  if (name === undefined) {
    if (isBraced) throw new Malformed('a variable name is expected after ${');
    reading.at += 1;
    return '$';
  }
  reading.at = start + name.length;
  return isBraced ? readBraced(reading, name, depth) : valueOf(reading, name);
}

function readBraced(reading: Reading, name: string, depth: number): string {
  if (depth >= MAX_DEPTH) throw new Malformed('variables are nested too deep');
  const operator = matchAt(OPERATOR, reading.text, reading.at) ?? '';
  reading.at += operator.length;
  const outer = new Set(reading.unset);
  const word = operator === '' ? '' : readText(reading, depth + 1);
  if (reading.text[reading.at] !== '}') throw new Malformed(`\${${name} is not closed`);
  reading.at += 1;
  const value = reading.variables.get(name);
  const isSet = value !== undefined && (value !== '' || !operator.startsWith(':'));
  if (usesWord(operator, isSet)) return word;
  restore(reading.unset, outer);
  if (operator.endsWith('+')) return '';
  if (operator.endsWith('?') && !isSet)
    throw new Malformed(`${name} must be set${word && `: ${word}`}`);
  return valueOf(reading, name);
}

/** A default stands in for what is not set, an alternative for what is. */
function usesWord(operator: string, isSet: boolean): boolean {
  return operator.endsWith(isSet ? '+' : '-');
}

/** A default that is not used may name variables that nobody sets. */
function restore(set: Set<string>, earlier: ReadonlySet<string>): void {
  for (const name of set) if (!earlier.has(name)) set.delete(name);
}

function valueOf({ variables, unset }: Reading, name: string): string {
  const value = variables.get(name);
  if (value === undefined) unset.add(name);
  return value ?? '';
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
