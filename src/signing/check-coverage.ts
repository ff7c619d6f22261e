import type { Problem } from '../errors.ts';
import type { SignedFile } from './signature-files.ts';
import { tooFewSignersFinding, uncoveredFinding } from './signature-findings.ts';
import type { SetJudgement, SignedPayloads } from './signature-set.ts';

export interface CoverageOptions {
  readonly payloads: SignedPayloads;
  /** How many different keys must have signed all that is there. Default 1. */
  readonly threshold?: number | undefined;
}

/**
 * Whether trusted keys signed all that is there: as soon as one signed anything, one must have signed the whole, and so
 * must as many as are asked for. Two halves by two keys are no signature of the kit.
 *
 * @param sets of trusted keys only
 * @returns SIGNATURE_INCOMPLETE, TOO_FEW_SIGNERS
 */
export function checkCoverage(
  sets: readonly SetJudgement[],
  { payloads, threshold = 1 }: CoverageOptions,
): Problem[] {
  const needed = (['bundle.json', 'SHA256SUMS'] as const).filter(
    (name) => payloads[name] !== undefined,
  );
  const coverage = coverageOf(sets);
  const [most] = [...coverage.values()].toSorted((a, b) => b.size - a.size);
  if (most === undefined) return threshold > 1 ? [tooFewSignersFinding([], threshold)] : [];
  const uncovered = needed.filter((name) => !most.has(name));
  if (uncovered.length > 0) return uncovered.map(uncoveredFinding);
  const complete = [...coverage]
    .filter(([, signed]) => needed.every((name) => signed.has(name)))
    .map(([keyId]) => keyId);
  return complete.length < threshold ? [tooFewSignersFinding(complete.toSorted(), threshold)] : [];
}

/** Which files each key signed, in whatever set. */
function coverageOf(sets: readonly SetJudgement[]): ReadonlyMap<string, ReadonlySet<SignedFile>> {
  const coverage = new Map<string, Set<SignedFile>>();
  for (const { keyId, valid } of sets) {
    if (keyId === undefined || valid.length === 0) continue;
    const signed = coverage.get(keyId) ?? new Set();
    for (const { file } of valid) signed.add(file.signs);
    coverage.set(keyId, signed);
  }
  return coverage;
}
