import { compareStrings } from './compare.ts';

/** A version that a tag states (semver.org 2.0.0, with an optional `v` and an optional third part). */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Identifiers after the dash; empty for releases. */
  readonly prerelease: readonly string[];
}

const NUMBER = '(0|[1-9]\\d{0,14})';
const PRERELEASE = '(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?';
const VERSION = new RegExp(`^v?${NUMBER}\\.${NUMBER}(?:\\.${NUMBER})?${PRERELEASE}$`);
const DIGITS = /^\d+$/;

/**
 * Reads `v1.30.2`, `1.30.2-rc.1`, `3.9` (which counts as 3.9.0); undefined for what is no version, such as `latest`,
 * `7`, `20260101` or `22.04`.
 */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch = '0', prerelease] = match;
  const identifiers = prerelease?.split('.') ?? [];
  if (identifiers.some((one) => DIGITS.test(one) && one.length > 1 && one.startsWith('0')))
    return undefined;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: identifiers,
  };
}

/** Orders by precedence (semver.org item 11): a pre-release comes before its release. */
export function compareVersions(a: Version, b: Version): number {
  return compareNumbers(a, b) || comparePrereleases(a.prerelease, b.prerelease);
}

/** Compares major, minor and patch only. */
export function compareNumbers(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [position, one] of a.entries()) {
    const other = b[position];
    if (other === undefined) return 1;
    const order = compareIdentifiers(one, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): number {
  const areNumbers = [DIGITS.test(a), DIGITS.test(b)] as const;
  if (areNumbers[0] && areNumbers[1]) return a.length - b.length || compareStrings(a, b);
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1 : 1;
  return compareStrings(a, b);
}
