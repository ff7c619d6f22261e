import { nameOfPath, type Complaint, type ValuePath } from './complaint.ts';
import { isMap } from './value-members.ts';

export interface TypeSlip {
  readonly path: ValuePath;
  /** JSON Schema types, one of which is wanted. */
  readonly expected: readonly string[];
  /** A scalar as it stands in the file. */
  readonly written: (path: ValuePath) => string | undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a map',
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
};

/** A value of the wrong kind, with what its writer most likely meant. */
export function wrongTypeComplaint(value: unknown, slip: TypeSlip): Complaint {
  const wanted = slip.expected.map((type) => NAMES[type] ?? type).join(' or ');
  return {
    code: 'WRONG_TYPE',
    message: `${nameOfPath(slip.path)} must be ${wanted}, not ${describe(value, slip.written(slip.path))}`,
    hint: hintFor(value, slip),
  };
}

function describe(value: unknown, written: string | undefined): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  const kind = typeof value === 'number' ? 'the number' : 'the truth value';
  const shown = JSON.stringify(value);
  if (written === undefined || written === shown) return `${kind} ${shown}`;
  return `${kind} ${shown} that YAML reads from ${written}`;
}

function hintFor(value: unknown, slip: TypeSlip): string | undefined {
  const { expected, path } = slip;
  const written = slip.written(path);
  if (value === null) return 'Fill it, or remove the key.';
  if (expected.includes('string')) return textHint(value, slip);
  if (expected.includes('array')) return listHint(value, written);
  if (expected.includes('boolean')) return 'Write true or false, without quotes.';
  if (!expected.includes('integer')) return undefined;
  return typeof value === 'string' ? 'Write a whole number, without quotes.' : undefined;
}

function textHint(value: unknown, slip: TypeSlip): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') {
    const written = JSON.stringify(slip.written(slip.path) ?? String(value));
    return `Write ${written} in quotes, or YAML makes something else of it.`;
  }
  const [key = '', ...more] = isMap(value) ? Object.keys(value) : [];
  return more.length > 0 ? undefined : colonHint(key, slip.written([...slip.path, key]));
}

function listHint(value: unknown, written: string | undefined): string {
  const member = typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : written;
  return `Write a list: ${member === undefined ? 'one entry per line, each after "- "' : `[${member}]`}.`;
}

/** `nginx: 1.25` is a map. */
function colonHint(key: string, written: string | undefined): string | undefined {
  if (key === '' || written === undefined) return undefined;
  const joined = JSON.stringify(`${key}:${written}`);
  return `A colon with a space after it makes a map. Did you mean ${joined}?`;
}

const PLACES: Readonly<Record<string, string>> = {
  name: 'a bundle (an entry of `bundles`)',
  images: 'a bundle (an entry of `bundles`) or `defaults`',
  containers: 'a bundle (an entry of `bundles`) or `defaults`',
  sign: 'a bundle (an entry of `bundles`) or `defaults`',
  output: 'a bundle (an entry of `bundles`) or `defaults`',
  rename: 'a bundle (an entry of `bundles`) or `defaults`',
  platforms: 'a selector (an entry of `images`) or `defaults`',
  include: 'a selector (an entry of `images` or `containers`) or `defaults`',
  exclude: 'a selector (an entry of `images` or `containers`) or `defaults`',
  from: 'a selector (an entry of `images` or `containers`) or `defaults`',
  layers: '`output`',
  volumeSize: '`output`',
  key: '`sign`',
  mirrors: 'a host in `registries`',
  keepConfig: 'a selector of `containers` or `defaults`',
};

/**
 * For a key that no known one is near to: where it belongs, or which slip of YAML made a key of it.
 *
 * @param written its value as it stands in the file, when that is a scalar
 */
export function misplacedKeyHint(key: string, written: string | undefined): string | undefined {
  if (key === '<<') return 'YAML merge keys are not supported; use `defaults`.';
  const place = Object.hasOwn(PLACES, key) ? PLACES[key] : undefined;
  if (place !== undefined) return `${JSON.stringify(key)} belongs in ${place}.`;
  return /[/.:*]/.test(key) || /^v?\d/.test(written ?? '') ? colonHint(key, written) : undefined;
}
