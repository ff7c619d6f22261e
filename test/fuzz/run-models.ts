/** Tries models with as many cases as are wanted. */
import fc from 'fast-check';
import type { Counts, Model } from './model.ts';

export interface Run {
  readonly cases: number;
  readonly seed: number;
}

export interface Row extends Counts {
  readonly name: string;
  /** Cases tried; fewer than wanted after a failure. */
  readonly cases: number;
  /** Report of the first failure: seed, path and smallest input. */
  readonly failure?: string | undefined;
}

/** Shares cases out by weight. */
export function casesOf(models: readonly Model[], total: number): Map<Model, number> {
  const weights = models.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(models.map((model) => [model, Math.ceil((total * model.weight) / weights)]));
}

export async function runModel(model: Model, { cases, seed }: Run): Promise<Row> {
  const counts: Counts = { accepted: 0, refused: 0 };
  const examples = model.examples.slice(0, Math.floor(cases / 2)).map((one): [unknown] => [one]);
  const result = await fc.check(model.property(counts), { numRuns: cases, seed, examples });
  return {
    name: model.name,
    ...counts,
    cases: result.numRuns,
    failure: result.failed ? fc.defaultReportMessage(result) : undefined,
  };
}
