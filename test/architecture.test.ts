/** Holds docs/architecture.md "Rooms": who may import whom, which packages are whose, how files are called. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');
const ROOMS = [
  'oci',
  'content',
  'compression',
  'tar',
  'image-archive',
  'transports',
  'spec',
  'select',
  'discovery',
];
/** Files that are no rooms. */
const TEXTS = ['version.ts', 'printable.ts'];
const UPPER_ROOMS = ['plan', 'archive', 'inventory', 'signing', 'serving', 'operations'];

interface Room {
  /** Besides `errors.ts` and itself. */
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
}

const rooms: Readonly<Record<string, Room>> = {
  'errors.ts': { imports: [] },
  'version.ts': { imports: [], packages: ['airkit'] },
  'printable.ts': { imports: [] },
  oci: { imports: [] },
  content: { imports: ['oci'] },
  compression: { imports: ['oci'], packages: ['@toondepauw/node-zstd', 'fzstd', 'xz-decompress'] },
  tar: { imports: [], packages: ['tar-stream'] },
  'image-archive': { imports: ['oci', 'content', 'compression', 'tar'] },
  transports: {
    imports: ['oci', 'content', 'compression', 'tar', 'image-archive', 'printable.ts'],
    packages: ['dockerode', 'undici', 'p-limit'],
  },
  spec: { imports: ['oci'], packages: ['ajv', 'yaml'] },
  select: { imports: ['oci', 'content', 'spec'], packages: ['minimatch'] },
  discovery: { imports: ['oci', 'spec', 'printable.ts'], packages: ['yaml', 'minimatch'] },
  plan: { imports: ['oci'] },
  archive: { imports: ['oci', 'content', 'plan', 'tar'], packages: ['p-limit'] },
  inventory: { imports: ['oci', 'content'] },
  signing: { imports: ['oci', 'printable.ts'], packages: ['tweetnacl'] },
  serving: { imports: ['oci', 'content'], packages: ['bcryptjs', 'p-limit'] },
  operations: {
    imports: [...ROOMS, ...TEXTS, 'plan', 'archive', 'inventory', 'signing', 'serving'],
    packages: ['p-limit'],
  },
  'index.ts': { imports: [...ROOMS, ...UPPER_ROOMS, 'version.ts'] },
  cli: { imports: ['index.ts', 'printable.ts'], packages: ['commander'] },
};

/** Packages that a room may use in one of its folders only. */
const narrowed: Readonly<Record<string, string>> = { dockerode: 'transports/docker' };

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .toSorted();
const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
/** Code without comments; strings stay. */
const codeOf = (file: string): string =>
  textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
const roomOf = (file: string): string => file.split('/')[0] ?? '';

const IMPORTS = [
  /\bfrom '([\w@./:-]+)';/g,
  /^import '([\w@./:-]+)';/gm,
  /\bimport\(\s*'([\w@./:-]+)'/g,
  /\bimport\.meta\.(?:url|filename)\)(?:\.resolve)?\(\s*'([\w@./:-]+)'/g,
  /\brequire(?:\.resolve)?\(\s*'([\w@./:-]+)'/g,
];

const imports: readonly Import[] = files.flatMap((file) => {
  const code = codeOf(file);
  const found = IMPORTS.flatMap((pattern) => Array.from(code.matchAll(pattern)));
  return found.map(([, specifier = '']) => ({ file, target: resolveImport(file, specifier) }));
});

/** A path in src, `node:…`, or a package. */
function resolveImport(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return relative(SRC, join(SRC, dirname(file), specifier));
}

function packageOf(target: string): string {
  const [scope = '', name = ''] = target.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function isInside(target: string): boolean {
  return target.endsWith('.ts') && !target.startsWith('..');
}

function explain({ file, target }: Import): string {
  return `${file} imports ${target}`;
}

describe('rooms', () => {
  it('are all in the table', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in rooms))).toEqual([]);
  });

  it('import only what the table allows', () => {
    const wrong = imports.filter(({ file, target }) => {
      if (!isInside(target)) return false;
      const [from, to] = [roomOf(file), roomOf(target)];
      return from !== to && to !== 'errors.ts' && rooms[from]?.imports.includes(to) !== true;
    });
    expect(wrong.map(explain)).toEqual([]);
  });

  it('keep errors.ts from the command line, which has it from index.ts', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        roomOf(file) === 'cli' &&
        isInside(target) &&
        !['cli', 'index.ts', 'printable.ts'].includes(roomOf(target)),
    );
    expect(wrong.map(explain)).toEqual([]);
  });

  it('import no file outside of src but the schema and package.json', () => {
    const allowed = new Set(['../bundles.schema.json', '../package.json']);
    const wrong = imports.filter(({ target }) => target.startsWith('..') && !allowed.has(target));
    expect(wrong.map(explain)).toEqual([]);
  });

  it('use packages only where they belong', () => {
    const wrong = imports.filter(({ file, target }) => {
      if (isInside(target) || target.startsWith('..') || target.startsWith('node:')) return false;
      const name = packageOf(target);
      const place = narrowed[name] ?? roomOf(file);
      return rooms[roomOf(file)]?.packages?.includes(name) !== true || !file.startsWith(place);
    });
    expect(wrong.map(explain)).toEqual([]);
  });

  it('of pure functions touch neither disk nor network', () => {
    const pure = new Set(['errors.ts', 'oci', 'plan', 'select']);
    const allowed = new Set(['node:buffer', 'node:crypto']);
    const wrong = imports.filter(
      ({ file, target }) =>
        pure.has(roomOf(file)) && target.startsWith('node:') && !allowed.has(target),
    );
    expect(wrong.map(explain)).toEqual([]);
  });
});

describe('files', () => {
  it('are called in kebab-case after what they do', () => {
    const good = /^[a-z0-9]+(-[a-z0-9]+)*(\.generated)?\.ts$/;
    const vague =
      /^(utils?|helpers?|common|misc|types|managers?|services?)\.ts$|-(utils?|helpers?|manager|service)\.ts$/;
    const wrong = files.filter((file) => !good.test(basename(file)) || vague.test(basename(file)));
    expect(wrong).toEqual([]);
  });

  it('stand in folders called in kebab-case', () => {
    const folders = new Set(files.map((file) => dirname(file)).flatMap((path) => path.split('/')));
    expect([...folders].filter((name) => !/^(\.|[a-z0-9]+(-[a-z0-9]+)*)$/.test(name))).toEqual([]);
  });

  const outsideCli = files.filter((file) => roomOf(file) !== 'cli');

  it.each([
    [
      'look at the process only in the command line',
      /\bprocess\s*[.[]|=\s*process\b|\bfrom 'node:process'/,
      outsideCli,
    ],
    ['write to the console only in the command line', /\bconsole\s*\./, outsideCli],
    ['never compare by locale', /localeCompare|Intl\.Collator|toLocale(?:Lower|Upper)Case/, files],
    ['have no default export', /\bexport default\b/, files],
  ])('%s', (_, pattern, searched) => {
    expect(searched.filter((file) => pattern.test(codeOf(file)))).toEqual([]);
  });
});
