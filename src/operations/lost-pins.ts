import type { Problem } from '../errors.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import type { LoadResult } from './load-results.ts';

/**
 * Warnings for targets that keep images by another digest than the registry they came from: names with that digest,
 * which worked outside, do not work there.
 */
export function lostPins({ images }: BundleIndex, results: readonly LoadResult[]): Problem[] {
  const fromRegistry = images.filter(({ from }) => /^registry(:|$)/.test(from));
  const roots = new Map(fromRegistry.map(({ reference, root }) => [reference, root.digest]));
  const losing = new Map<string, string[]>();
  for (const { target, reference, original = reference, status, after } of results) {
    const root = roots.get(original);
    const isThere = status === 'loaded' || status === 'already-present';
    if (!isThere || root === undefined || root === after) continue;
    losing.set(target, [...(losing.get(target) ?? []), reference]);
  }
  return [...losing].map(([target, references]) => ({
    code: 'PIN_LOST',
    severity: 'warning',
    message: `${target} keeps ${listed(references)} by image ID only: names with the registry's digest (NAME@sha256:…) do not work there`,
    hint: 'They work with a registry: load --to registry://HOST, or airkit serve.',
    subject: target,
  }));
}

function listed(references: readonly string[]): string {
  const [first, second, ...others] = references;
  if (others.length > 0) return `${first}, ${second} and ${others.length} more`;
  return second === undefined ? `${first}` : `${first} and ${second}`;
}
