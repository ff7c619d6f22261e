import { AirkitError } from '../errors.ts';
import { compareNumbers, compareVersions, type Version } from './version.ts';

/** True for versions in a range. */
export type VersionRange = (version: Version) => boolean;

interface Comparator {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly version: Version;
}

/** A version of which the last parts may be missing, `x` or `*`. */
interface Partial {
  readonly major?: number | undefined;
  readonly minor?: number | undefined;
  readonly patch?: number | undefined;
  readonly prerelease: readonly string[];
}

const PART = '(?:0|[1-9]\\d{0,14}|[xX*])';
const PARTIAL = new RegExp(
  `^[v=]*(${PART})(?:\\.(${PART})(?:\\.(${PART})(?:-([0-9A-Za-z.-]+))?)?)?$`,
);
const NEVER: Comparator = { operator: '<', version: lowest(0, 0, 0) };

/**
 * Reads an npm-like range: `>=1.30.0 <1.31.0`, `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`, alternatives with `||`. As with npm, a
 * pre-release is in a range only when a comparator names a pre-release of the same three numbers.
 *
 * @throws AirkitError USAGE
 */
export function parseVersionRange(text: string): VersionRange {
  const alternatives = text.split('||').map((part) => parseAlternative(part.trim(), text));
  return (version) => alternatives.some((comparators) => accepts(comparators, version));
}

/** The range of everything but pre-releases. */
export const RELEASES: VersionRange = ({ prerelease }) => prerelease.length === 0;

function accepts(comparators: readonly Comparator[], version: Version): boolean {
  if (!comparators.every((comparator) => satisfies(comparator, version))) return false;
  return (
    version.prerelease.length === 0 ||
    comparators.some(
      (one) => one.version.prerelease.length > 0 && compareNumbers(one.version, version) === 0,
    )
  );
}

function satisfies({ operator, version }: Comparator, candidate: Version): boolean {
  const order = compareVersions(candidate, version);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
    default:
      return operator satisfies never;
  }
}

function parseAlternative(text: string, range: string): Comparator[] {
  const [, from, to] = /^(\S+)\s+-\s+(\S+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined)
    return [
      ...comparatorsFor('>=', parsePartial(from, range)),
      ...comparatorsFor('<=', parsePartial(to, range)),
    ];
  const words = text.replaceAll(/(>=|<=|>|<|=|\^|~>?)\s+/g, '$1').split(/[\s,]+/);
  return words
    .filter((word) => word !== '')
    .flatMap((word) => {
      const [, operator = '', rest = ''] = /^(>=|<=|>|<|=|\^|~>?|)(.*)$/.exec(word) ?? [];
      return comparatorsFor(operator, parsePartial(rest, range));
    });
}

function parsePartial(text: string, range: string): Partial {
  const match = PARTIAL.exec(text);
  const prerelease = match?.[4]?.split('.') ?? [];
  if (match === null || prerelease.includes('')) throw badRange(range, text);
  const major = numberOf(match[1]);
  const minor = major === undefined ? undefined : numberOf(match[2]);
  const patch = minor === undefined ? undefined : numberOf(match[3]);
  return { major, minor, patch, prerelease: patch === undefined ? [] : prerelease };
}

function numberOf(part: string | undefined): number | undefined {
  return part === undefined || /[xX*]/.test(part) ? undefined : Number(part);
}

/** What an operator and a partial version mean in full (npm semver "Advanced Range Syntax"). */
function comparatorsFor(operator: string, version: Partial): Comparator[] {
  const { major, minor = 0, patch = 0 } = version;
  if (major === undefined) return operator === '<' || operator === '>' ? [NEVER] : [];
  const from: Version = { ...version, major, minor, patch };
  const read = OPERATORS[operator] ?? readPlain;
  return read({ from, partial: version, after: afterLastPart(version, major) });
}

interface Operand {
  /** With 0 for parts that are missing. */
  readonly from: Version;
  readonly partial: Partial;
  /** The first version after all that the partial one stands for. */
  readonly after: Version;
}

type Operator = (operand: Operand) => Comparator[];

const readPlain: Operator = ({ from, partial, after }) =>
  isWhole(partial) ? [{ operator: '=', version: from }] : between(from, after);

const readTilde: Operator = ({ from, after }) => between(from, after);

const OPERATORS: Readonly<Record<string, Operator>> = {
  '>=': ({ from }) => [{ operator: '>=', version: from }],
  '<': ({ from, partial }) => [
    {
      operator: '<',
      version: isWhole(partial) ? from : lowest(from.major, from.minor, from.patch),
    },
  ],
  '>': ({ from, partial, after }) =>
    isWhole(partial)
      ? [{ operator: '>', version: from }]
      : [{ operator: '>=', version: { ...after, prerelease: [] } }],
  '<=': ({ from, partial, after }) =>
    isWhole(partial) ? [{ operator: '<=', version: from }] : [{ operator: '<', version: after }],
  '^': ({ from, partial }) => between(from, afterLeftmost(partial, from)),
  '~': readTilde,
  '~>': readTilde,
};

function between(from: Version, before: Version): Comparator[] {
  return [
    { operator: '>=', version: from },
    { operator: '<', version: before },
  ];
}

function isWhole({ patch }: Partial): boolean {
  return patch !== undefined;
}

function afterLastPart({ minor }: Partial, major: number): Version {
  return minor === undefined ? lowest(major + 1, 0, 0) : lowest(major, minor + 1, 0);
}

/** `^` keeps the leftmost part that is not 0. */
function afterLeftmost({ minor, patch }: Partial, from: Version): Version {
  if (from.major > 0 || minor === undefined) return lowest(from.major + 1, 0, 0);
  if (minor > 0 || patch === undefined) return lowest(0, minor + 1, 0);
  return lowest(0, 0, patch + 1);
}

/** The lowest version with these numbers: even its pre-releases are not below it. */
function lowest(major: number, minor: number, patch: number): Version {
  return { major, minor, patch, prerelease: ['0'] };
}

function badRange(range: string, part: string): AirkitError {
  return new AirkitError(
    'USAGE',
    `${JSON.stringify(range)} is not a range of versions: ${JSON.stringify(part)} cannot be read`,
    { hint: 'Write a range such as ">=1.30.0 <1.31.0", "^1.2", "~1.2", "1.x" or "1.2.0 - 1.4.0".' },
  );
}
